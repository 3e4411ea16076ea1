"""What the server does in place of the right answer: to the connection, to the HTTP answer, to its meaning."""

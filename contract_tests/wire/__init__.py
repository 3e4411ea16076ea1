"""The wire: what goes out byte by byte, and what every answer becomes, with mocks below the credential line."""

"""What tests share to hold running code against openapi.yaml."""

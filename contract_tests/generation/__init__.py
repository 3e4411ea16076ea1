"""Tests of the derivation of generated/ from openapi.yaml."""

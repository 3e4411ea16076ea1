"""Tests of openapi.yaml itself: is it valid, and does it say what the API document says?"""

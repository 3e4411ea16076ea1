"""Exports into servers of object stores: moto as S3, Azurite as Azure."""

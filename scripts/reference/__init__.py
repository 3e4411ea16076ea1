"""The pages of the reference that are written from code and contract, so that they can't tell anything else.

Written as Markdown into docs/reference/, since the forge shows them as well as the site does.
"""

"""The Keras process: builds, trains and measures what the program sends it.

The only package that imports Keras and TensorFlow, and reached only through messages:
``python -m bnstudio.engine`` speaks them on its standard input and output.
"""

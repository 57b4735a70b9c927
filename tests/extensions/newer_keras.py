"""An engine whose Keras has a layer more than the catalogue: for tests."""

from bnstudio.engine.surroundings import step_back, take_pipe


def main():
    import keras

    class Shiny(keras.layers.Layer):
        """Adds what it is told to."""

        def __init__(self, amount=1.0, **kwargs):
            super().__init__(**kwargs)
            self.amount = amount

        def call(self, inputs):
            return inputs + self.amount

    keras.layers.Shiny = Shiny
    step_back()
    source, sink = take_pipe()
    from bnstudio.engine.serve import serve

    serve(source, sink)


if __name__ == "__main__":
    main()

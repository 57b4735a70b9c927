"""What of ``keras.layers`` is neither in the catalogue nor offered beside it, and why."""

LEFT_OUT = {
    "Layer": "The base class of all.",
    "Wrapper": "A base class.",
    "InputSpec": "What a layer says of its inputs; no layer.",
    "Lambda": "It holds Python code, which a drawing does not.",
    "Pipeline": "It holds layers; a drawing draws them one after the other.",
    "TFSMLayer": "It needs a folder with a saved model.",
    "JaxLayer": "It holds a function of JAX.",
    "FlaxLayer": "It holds a module of Flax.",
    "TorchModuleWrapper": "It holds a module of PyTorch.",
}

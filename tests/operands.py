"""Inputs and arguments that suit the operations, for tests to draw from."""

from bnstudio.layers.operations import OPERATIONS

INTEGERS = {
    **{
        name: "int32"
        for name in OPERATIONS
        if name.startswith(("ops.bitwise", "ops.left", "ops.right", "ops.gcd", "ops.lcm"))
    },
    "ops.one_hot": "int32",
    "ops.multi_hot": "int32",
    "ops.unravel_index": "int32",
}
"""Operations on whole numbers."""

PLACES = {
    "ops.take": ("indices",),
    "ops.take_along_axis": ("indices",),
    "ops.in_top_k": ("targets",),
    "ops.scatter": ("indices",),
    "ops.ldexp": ("x2",),
    "ops.sparse_categorical_crossentropy": ("target",),
    "ops.ctc_loss": ("target", "target_length", "output_length"),
    **{f"ops.segment_{how}": ("segment_ids",) for how in ("sum", "max", "min", "prod")},
}
"""Inputs that bring whole numbers, by operation."""

SQUARE = (
    "cholesky", "cholesky_inverse", "inv", "det", "logdet", "slogdet", "eig", "eigh", "corrcoef",
)  # fmt: skip

_IMAGE = (None, 6, 6, 3)
TOGETHER = {
    **{f"ops.{name}": [({}, [(2, 3, 3)]), ({}, [(4, 4)])] for name in SQUARE},
    "ops.reshape": [
        ({"newshape": (-1, 6)}, [(None, 2, 3)]),
        ({"newshape": (2, -1)}, [(4, 3)]),
        ({"newshape": (3, 4)}, [(2, 6)]),
    ],
    "ops.transpose": [({"axes": (0, 2, 1)}, [(None, 2, 3)]), ({"axes": (-1, 0)}, [(2, 3)])],
    "ops.moveaxis": [({"source": 1, "destination": -1}, [(None, 2, 3)])],
    "ops.swapaxes": [({"axis1": 1, "axis2": -1}, [(None, 2, 3)])],
    "ops.squeeze": [({"axis": 1}, [(None, 1, 3)]), ({"axis": (1, -1)}, [(2, 1, 3, 1)])],
    "ops.expand_dims": [({"axis": (1, -1)}, [(None, 3)]), ({"axis": 0}, [(2, 3)])],
    "ops.repeat": [
        ({"repeats": 2, "axis": 1}, [(None, 3)]),
        ({"repeats": (1, 0, 2), "axis": 1}, [(None, 3)]),
    ],
    "ops.broadcast_to": [({"shape": (2, 4, 3)}, [(4, 1)])],
    "ops.pad": [({"pad_width": ((0, 0), (1, 2))}, [(None, 3)]), ({"pad_width": 1}, [(3,)])],
    "ops.get_item": [
        ({"key": key}, [(None, 4, 3)])
        for key in (":, 0", ":, 1:3", "..., -1", ":, None, ::2", "0, :, 1", ":, ::-1", ":, 5", "0")
    ],
    "ops.split": [
        ({"indices_or_sections": 2, "axis": 1}, [(None, 4)]),
        ({"indices_or_sections": (1, 3), "axis": -1}, [(None, 2, 4)]),
        ({"indices_or_sections": 2, "axis": 1}, [(2, None)]),
    ],
    "ops.vsplit": [
        ({"indices_or_sections": 2}, [(4, 3)]),
        ({"indices_or_sections": (1,)}, [(None, 2)]),
    ],
    "ops.hsplit": [
        ({"indices_or_sections": 2}, [(None, 4)]),
        ({"indices_or_sections": (1,)}, [(3,)]),
    ],
    "ops.dsplit": [({"indices_or_sections": 2}, [(None, 3, 4)])],
    "ops.unstack": [({"num": 3, "axis": 1}, [(None, 3)]), ({"num": 2, "axis": -1}, [(3, 2)])],
    "ops.append": [({"axis": 1}, [(2, 3), (2, 4)]), ({}, [(None, 3), (2,)])],
    "ops.hstack": [({}, [(None, 3), (None, 2)])],
    "ops.vstack": [({}, [(None, 3), (2, 3)])],
    "ops.dstack": [({}, [(2, 3), (2, 3)]), ({}, [(None, 2, 3), (None, 2, 1)])],
    "ops.meshgrid": [({}, [(2,), (3,)]), ({"indexing": "ij"}, [(None,), (2, 2)])],
    "ops.stack": [({"axis": 1}, [(None, 3), (2, 3)]), ({"axis": -1}, [(2, 3)] * 3)],
    "ops.concatenate": [({"axis": -1}, [(None, 3), (None, 2)])],
    "ops.take": [({"axis": 1}, [(None, 3), (2,)]), ({"axis": 1, "indices": (0, 2)}, [(None, 3)])],
    "ops.take_along_axis": [({"axis": 1}, [(2, 3), (2, 4)]), ({}, [(2, 3), (4,)])],
    "ops.top_k": [({"k": 2}, [(None, 3)]), ({"k": 1}, [(4, 2, None)])],
    "ops.argpartition": [({"kth": 1}, [(None, 3)])],
    "ops.searchsorted": [({}, [(5,), (None,)])],
    "ops.digitize": [({"bins": (0.0, 1.0)}, [(None, 3)]), ({}, [(None, 3), (4,)])],
    "ops.slice": [
        ({"start_indices": (row, column), "shape": (rows, columns)}, [(3, 5)])
        for row in (0, 1)
        for column in (1, 0, 2)
        for rows in (1, 2, -1)
        for columns in (-1, 1, 2, 3)
    ],
    "ops.slice_update": [({"start_indices": (0, 1)}, [(2, 3), (1, 2)])],
    "ops.scatter": [({"shape": (4, 3)}, [(2, 1), (2, 3)]), ({"shape": (4, 3)}, [(5, 2), (5,)])],
    **{
        f"ops.segment_{how}": [({"num_segments": 2}, [(4, 3), (4,)]), ({}, [(None, 3), (None,)])]
        for how in ("sum", "max", "min", "prod")
    },
    "ops.matmul": [({}, [(None, 2, 3), (3, 4)]), ({"x2": ((1.0, 2.0), (3.0, 4.0))}, [(None, 2)])],
    "ops.dot": [({}, [(2, 3), (3, 4)]), ({}, [(None, 3), (3,)])],
    "ops.inner": [({}, [(2, 3), (4, 3)])],
    "ops.vdot": [({}, [(2, 3), (2, 3)])],
    "ops.kron": [({}, [(2, 3), (4, 3)])],
    "ops.tensordot": [
        ({"axes": 1}, [(None, 3), (3, 4)]),
        ({"axes": ((1,), (0,))}, [(None, 3), (3, 4)]),
        ({}, [(4, 2, 3), (2, 3, 5)]),
    ],
    "ops.einsum": [
        ({"subscripts": "ij,jk->ik"}, [(None, 3), (3, 4)]),
        ({"subscripts": "bij,bjk->bik"}, [(None, 2, 3), (None, 3, 4)]),
        ({"subscripts": "...ij->...ji"}, [(None, 2, 3)]),
        ({"subscripts": "...i,ij->...j"}, [(None, 2, 3), (3, 4)]),
        ({"subscripts": "ij->j"}, [(None, 3)]),
        ({"subscripts": "ij,jk->ik"}, [(None, 3), (2, 4)]),
        *(
            ({"subscripts": text}, [(rows, same), (same, columns)])
            for text in ("ij,jk->ik", "ij,jk->ki", "ij,jk->i", "ij,jk->jk")
            for rows, same, columns in ((None, 2, 3), (4, None, 2), (2, 3, None), (3, 1, 2))
        ),
    ],
    "ops.cross": [
        ({}, [(None, 3), (None, 3)]),
        ({}, [(2, 3), (2, 2)]),
        ({"axis": 1}, [(2, 3), (2, 3)]),
    ],
    "ops.norm": [({"axis": (1, 2), "ord": "fro"}, [(None, 2, 3)]), ({"axis": -1}, [(None, 3)])],
    "ops.cdist": [({}, [(None, 4, 3), (None, 5, 3)])],
    "ops.qr": [({}, [(None, 3, 2)]), ({"mode": "complete"}, [(3, 2)])],
    "ops.lu_factor": [({}, [(3, 3)])],
    "ops.svd": [
        ({}, [(2, 3, 2)]),
        ({"full_matrices": False}, [(4, 3)]),
        ({"compute_uv": False}, [(4, 3)]),
    ],
    "ops.pinv": [({}, [(2, 3, 2)])],
    "ops.solve": [({}, [(3, 3), (3, 2)]), ({}, [(2, 3, 3), (2, 3)])],
    "ops.solve_triangular": [({}, [(3, 3), (3, 2)])],
    "ops.lstsq": [({}, [(4, 3), (4, 2)]), ({}, [(4, 3), (4,)])],
    "ops.correlate": [({}, [(4,), (3,)]), ({"mode": "full"}, [(4,), (3,)])],
    "ops.vander": [({"N": 3}, [(4,)]), ({}, [(3,)])],
    "ops.glu": [({}, [(None, 4)])],
    **{
        f"ops.{name}": [({"pool_size": 2}, [_IMAGE]), ({"pool_size": 2}, [(None, 6, 3)])]
        for name in ("max_pool", "average_pool")
    },
    "ops.conv": [({}, [_IMAGE, (3, 3, 3, 4)]), ({"strides": 2}, [(None, 6, 4), (2, 4, 3)])],
    "ops.depthwise_conv": [({}, [_IMAGE, (3, 3, 3, 2)])],
    "ops.depth_to_space": [({"block_size": 2}, [(None, 3, 2, 8)])],
    "ops.space_to_depth": [({"block_size": 2}, [(None, 4, 2, 3)])],
    "ops.unfold": [({"kernel_size": 2}, [(None, 3, 4, 5)])],
    "ops.fold": [({"kernel_size": 2, "output_size": (4, 5), "stride": 1}, [(None, 12, 12)])],
    "ops.batch_normalization": [
        ({"axis": -1}, [(None, 3), (3,), (3,)]),
        ({"axis": 1, "offset": True, "scale": True}, [(None, 4, 2), *[(4,)] * 4]),
    ],
    "ops.rms_normalization": [({"scale": True}, [(None, 3), (3,)])],
    "ops.layer_normalization": [({"gamma": True, "beta": True}, [(None, 3), (3,), (3,)])],
    "ops.sparse_categorical_crossentropy": [({}, [(None,), (None, 3)]), ({}, [(2, 1), (2, 3)])],
    "ops.ctc_loss": [
        ({}, [(2, target), (2, steps, classes), (2,), (2,)])
        for target in (3, 2, 1)
        for steps in (6, 8)
        for classes in (5, 3)
    ],
    "ops.in_top_k": [({"k": 1}, [(3,), (3, 4)])],
    "ops.dot_product_attention": [
        ({}, [(2, 4, 2, 3)] * 3),
        ({}, [(None, 4, 2, 3), (None, 5, 2, 3), (None, 5, 2, 3)]),
        ({"is_causal": True}, [(None, 4, 4, 3), (None, 5, 2, 3), (None, 5, 2, 3)]),
    ],
    **{
        f"ops.{name}": [({}, [(None, 8)] * 2), ({}, [(2, 4, 4)] * 2)]
        for name in ("fft", "fft2", "ifft2", "irfft")
    },
    "ops.extract_sequences": [({"sequence_length": 3, "sequence_stride": 2}, [(None, 9)])],
    "ops.stft": [
        ({"sequence_length": 4, "sequence_stride": 2, "fft_length": 4, **more}, [(None, 9)])
        for more in ({}, {"center": False}, {"window": None})
    ],
    "ops.image.rgb_to_grayscale": [({}, [_IMAGE])],
    "ops.image.rgb_to_hsv": [({}, [_IMAGE])],
    "ops.image.hsv_to_rgb": [({}, [_IMAGE])],
    "ops.image.resize": [({"size": (4, 5)}, [_IMAGE]), ({"size": (4, 5)}, [(None, None, 3)])],
    "ops.image.gaussian_blur": [({}, [_IMAGE])],
    "ops.image.sobel_edges": [({}, [_IMAGE])],
    "ops.image.affine_transform": [({}, [_IMAGE, (None, 8)]), ({}, [(6, 6, 3), (8,)])],
    "ops.image.pad_images": [
        ({"top_padding": 1, "left_padding": 1, "target_height": 9, "target_width": 8}, [_IMAGE]),
        ({"top_padding": 1, "left_padding": 1, "bottom_padding": 2, "right_padding": 0}, [_IMAGE]),
    ],
    "ops.image.crop_images": [
        ({"top_cropping": 1, "left_cropping": 1, "target_height": 2, "target_width": 4}, [_IMAGE]),
        (
            {"top_cropping": 1, "left_cropping": 1, "bottom_cropping": 2, "right_cropping": 0},
            [_IMAGE],
        ),
    ],
    "ops.image.extract_patches": [
        ({"size": (2, 2), "strides": (2, 2)}, [_IMAGE]),
        ({"size": (3, 3), "strides": (1, 2), "padding": "same"}, [_IMAGE]),
    ],
    "ops.image.map_coordinates": [({"order": 1}, [(4, 5), (2, 3)])],
    "ops.quantile": [({"q": (0.2, 0.5), "axis": 1}, [(None, 4)])],
    "ops.nanquantile": [({"q": 0.5}, [(2, 4)])],
    "ops.nanpercentile": [({"q": (10, 20), "axis": 1}, [(None, 4)])],
    "ops.percentile": [({"q": 20, "axis": 1}, [(None, 4)])],
    "ops.full_like": [({"fill_value": 2.0}, [(None, 3)])],
    "ops.average": [
        ({"axis": 1, "weights": True}, [(2, 3), (3,)]),
        ({"weights": True}, [(2, 3), (2, 3)]),
    ],
    "ops.where": [({"x2": 0.0}, [(None, 3), (None, 3)])],
    "ops.psnr": [({"max_val": 1.0}, [(2, 3), (2, 3)])],
    "ops.one_hot": [({"num_classes": 3}, [(None, 2)])],
    "ops.multi_hot": [({"num_classes": 3}, [(None, 2)])],
}
"""Arguments and inputs that go together, where such are hardly ever drawn one by one."""


def dtypes(entry, params):
    """What each input brings."""
    names = [port.name for port in entry.open_ports(params)] or ["x"] * 9
    whole = PLACES.get(entry.name, ())
    return ["int32" if name in whole else INTEGERS.get(entry.name, "float32") for name in names]

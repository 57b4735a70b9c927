"""Files as a failing disk may leave them."""

from hypothesis import strategies as st


@st.composite
def damaged(draw, content):
    """These bytes cut short, or with up to three of them changed."""
    found = bytearray(content)
    if draw(st.booleans()):
        del found[draw(st.integers(0, len(found) - 1)) :]
    else:
        for _ in range(draw(st.integers(1, 3))):
            found[draw(st.integers(0, len(found) - 1))] ^= draw(st.integers(1, 255))
    return bytes(found)

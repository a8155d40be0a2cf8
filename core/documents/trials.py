"""Small self-tests of the native libraries that read documents. Run each in a process of its own: it may crash."""

PAGE = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 80]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj
4 0 obj<</Length 44>>stream
BT /F1 24 Tf 20 30 Td (pressure gauge) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
"""
WORDS = "pressure gauge"


def read_page() -> str:
    """Read the text layer of a page with pdfium.

    Raises:
        RuntimeError: the text is not the expected one.
    """
    import pypdfium2

    document = pypdfium2.PdfDocument(PAGE)
    text = document[0].get_textpage().get_text_bounded().strip()
    document.close()
    if text != WORDS:
        raise RuntimeError("the text of a page is not what was written")
    return "read a page"


def read_picture() -> str:
    """Read the same page as a picture, rendered by pdfium and recognized by onnxruntime.

    Raises:
        RuntimeError: the recognized words are not the expected ones.
    """
    import pypdfium2

    from core.documents.ocr import lines_of

    document = pypdfium2.PdfDocument(PAGE)
    picture = document[0].render(scale=3).to_numpy()
    document.close()
    if "".join(lines_of(picture)).replace(" ", "").lower() != WORDS.replace(" ", ""):
        raise RuntimeError("the words of a picture were not recognized")
    return "recognized a picture"

"""QTI: packages of questions as 1EdTech specifies them, read in versions 2.x and 3.0, written in 3.0."""

from domains.catalog.formats.format import Format
from domains.catalog.formats.qti.package import read, recognises
from domains.catalog.formats.qti.writer import write

FORMAT = Format("qti", "QTI 2.x and 3.0 package", read, write, recognises, (".zip", ".imscc"))

__all__ = ["FORMAT", "read", "recognises", "write"]

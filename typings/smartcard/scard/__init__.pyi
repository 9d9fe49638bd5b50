# The part of pyscard's PC/SC wrapper used by reader.pcsc. Every function returns its hresult first.

INFINITE: int
SCARD_E_CANCELLED: int
SCARD_E_NO_READERS_AVAILABLE: int
SCARD_E_INSUFFICIENT_BUFFER: int
SCARD_E_INVALID_PARAMETER: int
SCARD_E_NO_SERVICE: int
SCARD_E_NO_SMARTCARD: int
SCARD_E_NOT_TRANSACTED: int
SCARD_E_READER_UNAVAILABLE: int
SCARD_E_SHARING_VIOLATION: int
SCARD_E_TIMEOUT: int
SCARD_E_UNKNOWN_READER: int
SCARD_PCI_T0: int
SCARD_PCI_T1: int
SCARD_PROTOCOL_T0: int
SCARD_PROTOCOL_T1: int
SCARD_S_SUCCESS: int
SCARD_SCOPE_USER: int
SCARD_SHARE_EXCLUSIVE: int
SCARD_STATE_MUTE: int
SCARD_STATE_PRESENT: int
SCARD_STATE_UNAVAILABLE: int
SCARD_STATE_UNAWARE: int
SCARD_STATE_UNKNOWN: int
SCARD_UNPOWER_CARD: int
SCARD_W_REMOVED_CARD: int
SCARD_W_UNPOWERED_CARD: int
SCARD_W_UNRESPONSIVE_CARD: int
SCARD_W_UNSUPPORTED_CARD: int


def SCardEstablishContext(scope: int, /) -> tuple[int, int]: ...
def SCardReleaseContext(context: int, /) -> int: ...
def SCardListReaders(context: int, groups: list[str], /) -> tuple[int, list[str]]: ...
def SCardConnect(
    context: int, reader: str, share_mode: int, protocols: int, /
) -> tuple[int, int, int]: ...
def SCardDisconnect(card: int, disposition: int, /) -> int: ...
def SCardStatus(card: int, /) -> tuple[int, str, int, int, list[int]]: ...
def SCardTransmit(card: int, pci: int, command: list[int], /) -> tuple[int, list[int]]: ...
def SCardGetStatusChange(
    context: int, timeout: int, states: list[tuple[str, int]], /
) -> tuple[int, list[tuple[str, int, list[int]]]]: ...
def SCardCancel(context: int, /) -> int: ...
def SCardGetErrorMessage(hresult: int, /) -> str: ...

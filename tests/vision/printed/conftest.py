"""The text recogniser and a simulated card."""

from datetime import date

import numpy as np
import pytest

from vision.printed.model import recogniser_path
from vision.printed.recogniser import Recogniser
from vision.synthetic.card_front import CardFront
from vision.synthetic.portrait import portrait

EXPIRY = date(2033, 3, 1)


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return Recogniser(recogniser_path())


@pytest.fixture(scope="session")
def hana() -> CardFront:
    photo = np.ascontiguousarray(portrait("hana")[60:420, 185:455, 1])
    return CardFront("昭和55年 3月 1日生", "2033年 3月 1日まで有効", "4907", photo=photo)

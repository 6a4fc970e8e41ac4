"""Proofs of who calls: the one place that reads and checks what a client has signed.

Three kinds of JWS (RFC 7515, compact form) and one of HTTP messages pass through here: access tokens of
our own, client assertions (RFC 7523), DPoP proofs (RFC 9449) and message signatures (RFC 9421). What
the libraries leave open is closed once, in `_jws.py` and `_keys.py`: a text is at most 8 KB before
anything reads it; base64url is canonical; a member stands once; the header holds exactly the members
of its kind; the algorithm follows from the key; times are whole numbers. What does not hold raises
`DoesNotHold`, whose text is for tests and never for a caller.
"""

from gateway.access.proofs._assertions import LONGEST_ASSERTION_SECONDS as LONGEST_ASSERTION_SECONDS
from gateway.access.proofs._assertions import check_assertion as check_assertion
from gateway.access.proofs._assertions import client_of as client_of
from gateway.access.proofs._dpop import DpopProof as DpopProof
from gateway.access.proofs._dpop import check_dpop as check_dpop
from gateway.access.proofs._dpop import same_key as same_key
from gateway.access.proofs._dpop import token_hash as token_hash
from gateway.access.proofs._jws import FUTURE_SECONDS as FUTURE_SECONDS
from gateway.access.proofs._jws import LARGEST_TOKEN_BYTES as LARGEST_TOKEN_BYTES
from gateway.access.proofs._jws import PAST_SECONDS as PAST_SECONDS
from gateway.access.proofs._jws import DoesNotHold as DoesNotHold
from gateway.access.proofs._jws import Jws as Jws
from gateway.access.proofs._jws import decode_part as decode_part
from gateway.access.proofs._jws import read_jws as read_jws
from gateway.access.proofs._jws import whole_number as whole_number
from gateway.access.proofs._keys import LARGEST_JWK_BYTES as LARGEST_JWK_BYTES
from gateway.access.proofs._keys import PinnedKey as PinnedKey
from gateway.access.proofs._keys import read_public_key as read_public_key
from gateway.access.proofs._keys import read_public_key_file as read_public_key_file
from gateway.access.proofs._messages import Message as Message
from gateway.access.proofs._messages import check_message as check_message

"""Who calls, and who may have a token: the two questions that every proof of a client answers.

`identify` reads what a call presents and believes it; `admit` uses the proofs up, so that the same call
cannot come again. Between them the body may be read, and nothing else may happen.

The address of a proof is the deployment's own, as its settings state it (`issuer`): never what the
`Host` header says, which a caller writes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from gateway.access.clients import ClientDirectory
from gateway.access.proofs import (
    DoesNotHold,
    DpopProof,
    Message,
    PinnedKey,
    check_assertion,
    check_dpop,
    check_message,
    client_of,
    read_jws,
    read_public_key,
    same_key,
)
from gateway.access.scopes import Scope
from gateway.access.tokens import Binding, Session, Tokens
from gateway.access.used import Used, UsedProofs
from gateway.domain.errors import NotSignedIn

# its private half was thrown away: an unknown client's assertion is checked like any other
_NOBODYS = read_public_key(
    {"kty": "OKP", "crv": "Ed25519", "x": "u9ZCk1ykAaBZy6Kai0WuLRwWItTbG0wOP8Ecs_2ITF8"}
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a call presents; `target` is path and query as they came, `header` gives one header."""

    method: str
    target: str
    header: Callable[[str], str | None] = field(repr=False)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Identified:
    """Who calls, and the proofs that are still to be used up."""

    session: Session
    proofs: tuple[Used, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedInClient:
    """A hardened client that has proved itself at the token endpoint."""

    session: Session
    binding: Binding


class Authentication:
    """Checks the proofs of clients against what they have registered."""

    def __init__(
        self,
        tokens: Tokens,
        clients: ClientDirectory,
        used: UsedProofs,
        issuer: str,
        clock: Callable[[], datetime],
    ) -> None:
        self.tokens = tokens
        self._clients = clients
        self._used = used
        self._issuer = issuer
        self._clock = clock

    def identify(self, arrival: Arrival, scope: Scope) -> Identified:
        """Who calls, by a token with this scope and, where it is bound to a key, a proof by that key.

        Raises NotSignedIn, NotAllowed; BadRequest for a header that stands twice.
        """
        session = self.tokens.authenticate(arrival.header("authorization"))
        proofs: tuple[Used, ...] = ()
        if session.jkt is not None:
            proof = self._proof(arrival, session.ath)
            if not same_key(session.jkt, proof.thumbprint):
                raise NotSignedIn("dpop_refused", "the proof is by another key than the token's")
            proofs = (Used("dpop", session.caller.client_id, proof.jti),)
        session.caller.check_scope(scope)
        return Identified(session, proofs)

    async def admit(self, identified: Identified, arrival: Arrival, body: bytes) -> None:
        """Check the signature of the message, where there is one or must be, and use the proofs up.

        Whoever has keys may sign; a client that is registered so must, but for a GET. Raises NotSignedIn
        `message_signature_needed`, `message_signature_refused`, `proof_used`; Busy.
        """
        proofs = (*identified.proofs, *self._signature(identified.session, arrival, body))
        if proofs:
            await self._used.use(proofs)

    def _signature(self, session: Session, arrival: Arrival, body: bytes) -> tuple[Used, ...]:
        client = session.client
        needed = client.must_sign and arrival.method != "GET"
        if not needed and not client.keys:
            return ()
        if arrival.header("signature-input") is None and arrival.header("signature") is None:
            if needed:
                raise NotSignedIn("message_signature_needed", "this client signs its messages")
            return ()
        now = self._clock().timestamp()
        message = Message(arrival.method, self._issuer, arrival.target, arrival.header, body)
        try:
            nonce = check_message(message, client.keys, now)
        except DoesNotHold:
            raise NotSignedIn(
                "message_signature_refused", "the signature does not hold for this message"
            ) from None
        return (Used("signature", session.caller.client_id, nonce),)

    async def sign_in(self, arrival: Arrival, assertion: str) -> SignedInClient:
        """The hardened client behind an assertion, and what its token is to be bound to.

        Raises NotSignedIn: `dpop_refused` or `dpop_needed` for the proof, any other code for the client.
        """
        now = self._clock().timestamp()
        try:
            jws = read_jws(assertion)
            client_id = client_of(jws)
            client = self._clients.client(client_id)
            hardened = client is not None and client.hardened
            keys: tuple[PinnedKey, ...] = client.keys if client and hardened else (_NOBODYS,)
            key, jti = check_assertion(jws, keys, client_id, self._issuer, now)
        except DoesNotHold:
            raise NotSignedIn("token_refused", "the assertion does not hold") from None
        if client is None or not hardened:
            raise NotSignedIn("token_refused", "the assertion does not hold")
        proof = self._proof(arrival, None)
        await self._used.use(
            (Used("assertion", client_id, jti), Used("dpop", client_id, proof.jti))
        )
        return SignedInClient(Session(client.caller, client), Binding(proof.thumbprint, key.kid))

    def _proof(self, arrival: Arrival, ath: str | None) -> DpopProof:
        text = arrival.header("dpop")
        if text is None:
            raise NotSignedIn("dpop_needed", "the call needs a DPoP proof")
        address = self._issuer + arrival.path
        try:
            return check_dpop(text, arrival.method, address, self._clock().timestamp(), ath)
        except DoesNotHold:
            raise NotSignedIn(
                "dpop_refused", "the DPoP proof does not hold for this call"
            ) from None

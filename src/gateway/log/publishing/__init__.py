"""The published log: its files, the signatures under it, and who has seen that it only grows."""

from gateway.log.publishing._folder import LogDamaged, LogFolder, LogInUse, LogStopped
from gateway.log.publishing._opening import OpenLog, announce_rotation, next_origin, open_log
from gateway.log.publishing._proofs import PublishedTree, inclusion_text
from gateway.log.publishing._public_log import PublicLog
from gateway.log.publishing._publisher import INTEGRATE_SECONDS, PUBLISH_SECONDS, Publisher
from gateway.log.publishing._recount import Recount, check_rows
from gateway.log.publishing._tiles import ENTRIES, WIDTH, TileFolder, encode_bundle, tile_path
from gateway.log.publishing._times import WitnessTimes
from gateway.log.publishing._witnesses import Witnesses, WitnessPolicy, read_witness_policy

__all__ = [
    "ENTRIES",
    "INTEGRATE_SECONDS",
    "LogDamaged",
    "LogFolder",
    "LogInUse",
    "LogStopped",
    "OpenLog",
    "PUBLISH_SECONDS",
    "PublishedTree",
    "Publisher",
    "Recount",
    "PublicLog",
    "TileFolder",
    "WIDTH",
    "WitnessPolicy",
    "WitnessTimes",
    "Witnesses",
    "announce_rotation",
    "check_rows",
    "encode_bundle",
    "inclusion_text",
    "next_origin",
    "open_log",
    "read_witness_policy",
    "tile_path",
]

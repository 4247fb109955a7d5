"""The baseline: what one would write first - web3.py's ``get_logs`` and an ORM row for each."""

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Session
from web3 import HTTPProvider, Web3

from ledger_indexer.bindings import abi
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.rows import tables


class _Base(DeclarativeBase):
    metadata = tables.metadata


class _Captured(_Base):
    __table__ = tables.captured


def web3_and_orm(rpc: str, database_url: str, deployment: Deployment, last: int, blocks: int = 10) -> int:
    """Mirror the captures up to a block; gives their number."""
    w3 = Web3(HTTPProvider(rpc))
    ledger = w3.eth.contract(
        address=Web3.to_checksum_address(deployment.batch_ledger), abi=abi.contract("BatchLedger").abi
    )
    engine = create_engine(database_url)
    events = 0
    for start in range(1, last + 1, blocks):
        logs = ledger.events.Captured().get_logs(from_block=start, to_block=min(last, start + blocks - 1))
        with Session(engine) as session:
            for log in logs:
                place = {
                    "block_number": log["blockNumber"],
                    "log_index": log["logIndex"],
                    "tx_hash": bytes(log["transactionHash"]),
                    "block_time": 0,
                }
                session.add(_Captured(**place, **log["args"]))
            session.commit()
        events += len(logs)
    engine.dispose()
    return events

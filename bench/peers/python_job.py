#!/usr/bin/python3
"""The whole job as it is commonly written in Python: SQLAlchemy's ORM on both sides, the json module, the csv module.

usage: python_job.py JSONL-FILE CSV-FILE
Reads table orders in batches of 1,000, applies two rules, stores each batch in a transaction of its own under row-level security, then reads the
records back and writes both files. Which server and databases comes from PG* and the variables below, as bench's case "peers" sets them.
"""
import csv
import datetime
import decimal
import json
import os
import sys
import uuid

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, create_engine
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session, declarative_base

BATCH = 1000
ENV = os.environ
TENANT = ENV["TENANT"]


def engine(database, user, password, **options):
    url = URL.create("postgresql+psycopg2", user, password or None, ENV["PGHOST"], int(ENV["PGPORT"]), database)
    return create_engine(url, **options)


Base = declarative_base()


class SyncData(Base):
    __tablename__ = "sync_data"
    id = Column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)
    tenant_id = Column(Text)
    job_id = Column(UUID(as_uuid=True))
    seq = Column(BigInteger)
    source_id = Column(Text)
    raw_data = Column(JSONB(none_as_null=True))
    refined_data = Column(JSONB(none_as_null=True))
    sync_timestamp = Column(DateTime(timezone=True))


def plain(value):
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    return value


def refine(record):
    """The two rules; None where they change nothing."""
    refined = None
    if record["quantity"] > 25:
        refined = dict(record, size="bulk")
    if record["active"] is False and "note" in record:
        refined = dict(refined or record)
        del refined["note"]
    return refined


def load(source, target, job):
    class Order(Base):
        __table__ = Table("orders", MetaData(), autoload_with=source)

    columns = [column.name for column in Order.__table__.columns]
    with Session(source) as reading:
        batch, seq = [], 0

        def keep():
            with Session(target) as writing:
                writing.add_all(batch)
                writing.commit()
            batch.clear()

        for order in reading.query(Order).execution_options(stream_results=True).yield_per(BATCH):
            record = {column: plain(getattr(order, column)) for column in columns}
            batch.append(SyncData(tenant_id=TENANT, job_id=job, seq=seq, source_id=str(record["id"]), raw_data=record, refined_data=refine(record),
                                  sync_timestamp=datetime.datetime.now(datetime.timezone.utc)))
            seq += 1
            if len(batch) == BATCH:
                keep()
        if batch:
            keep()
    return columns + ["size"]


def export(target, job, columns, jsonl, table):
    with Session(target) as reading, open(jsonl, "w", encoding="utf-8") as lines, open(table, "w", encoding="utf-8", newline="") as cells:
        writer = csv.DictWriter(cells, columns)
        writer.writeheader()
        kept = reading.query(SyncData).filter(SyncData.job_id == job).order_by(SyncData.seq)
        for row in kept.execution_options(stream_results=True).yield_per(BATCH):
            record = row.refined_data or row.raw_data
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
            writer.writerow({name: json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value for name, value in record.items()})


def main():
    source = engine(ENV["SOURCE_DATABASE"], ENV["PGUSER"], ENV["PGPASSWORD"])
    # SQLAlchemy 1.4's faster way to insert many rows at once; newer versions do it by themselves.
    target = engine(ENV["TARGET_DATABASE"], ENV["TARGET_USER"], ENV["TARGET_PASSWORD"], executemany_mode="values_only",
                    connect_args={"options": "-c app.tenant_id=" + TENANT})
    job = uuid.uuid4()
    export(target, job, load(source, target, job), *sys.argv[1:3])


if __name__ == "__main__":
    main()

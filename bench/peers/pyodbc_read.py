#!/usr/bin/python3
"""A table through ODBC into JSON lines, as it is commonly written in Python: pyodbc and the json module.

usage: pyodbc_read.py JSONL-FILE
The data source is DSN, the login PGUSER and PGPASSWORD, as bench's case "odbc" sets them.
"""
import datetime
import decimal
import json
import os
import sys

import pyodbc


def plain(value):
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    return str(value)


def main():
    connection = pyodbc.connect("DSN=" + os.environ["DSN"], uid=os.environ["PGUSER"], pwd=os.environ["PGPASSWORD"], autocommit=False, readonly=True)
    cursor = connection.cursor()
    cursor.execute("SELECT * FROM orders ORDER BY id")
    columns = [column[0] for column in cursor.description]
    with open(sys.argv[1], "w", encoding="utf-8") as lines:
        while True:
            rows = cursor.fetchmany(1000)
            if not rows:
                break
            lines.writelines(json.dumps(dict(zip(columns, row)), default=plain, ensure_ascii=False) + "\n" for row in rows)
    connection.rollback()


if __name__ == "__main__":
    main()

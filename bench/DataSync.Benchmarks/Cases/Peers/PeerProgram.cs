using OsProcess = System.Diagnostics.Process;
using ProcessStartInfo = System.Diagnostics.ProcessStartInfo;

namespace DataSync.Benchmarks.Cases.Peers;

/// <summary>A peer's program under <c>bench/peers</c>, and what is missing to run it.</summary>
internal sealed record PeerProgram(IReadOnlyList<string> Command, string? Missing)
{
    private const string PythonInterpreter = "/usr/bin/python3";

    /// <summary>Debian's own Python: the one its packages are for.</summary>
    public static PeerProgram Python(string checkout) => new(
        [PythonInterpreter, Path.Combine(checkout, "bench", "peers", "python_job.py")],
        Succeeds(PythonInterpreter, "-c", "import sqlalchemy, psycopg2") ? null : "install it with: apt-get install python3-sqlalchemy python3-psycopg2");

    /// <summary>A table through ODBC, in Python.</summary>
    public static PeerProgram Pyodbc(string checkout) => new(
        [PythonInterpreter, Path.Combine(checkout, "bench", "peers", "pyodbc_read.py")],
        Succeeds(PythonInterpreter, "-c", "import pyodbc") ? null : "install it with: apt-get install python3-pyodbc odbc-postgresql");

    public static PeerProgram Node(string checkout) => new(
        ["node", Path.Combine(checkout, "bench", "peers", "node_job.mjs")],
        !Succeeds("node", "--version") ? "install Node 18 or newer"
        : Directory.Exists(Path.Combine(NodeFolder(checkout), "node_modules", "pg-query-stream")) ? null
        : $"install its packages with: npm install --prefix {Path.GetRelativePath(checkout, NodeFolder(checkout))} pg@8.23.1 pg-query-stream@4.17.0 csv-stringify@6.9.0");

    /// <summary>Business rules, in Node.</summary>
    public static PeerProgram NodeRules(string checkout) => new(
        ["node", Path.Combine(checkout, "bench", "peers", "node_rules.mjs")],
        !Succeeds("node", "--version") ? "install Node 18 or newer"
        : Directory.Exists(Path.Combine(NodeFolder(checkout), "node_modules", "json-logic-js")) ? null
        : $"install its package with: npm install --prefix {Path.GetRelativePath(checkout, NodeFolder(checkout))} json-logic-js@2.0.5");

    /// <summary>Documents to Parquet by DuckDB, in Node: the package that the tests read Parquet back with.</summary>
    public static PeerProgram DuckDb(string checkout) => new(
        ["node", Path.Combine(checkout, "bench", "peers", "duckdb_parquet.mjs")],
        !Succeeds("node", "--version") ? "install Node 18 or newer"
        : Directory.Exists(Path.Combine(DuckDbFolder(checkout), "node_modules", "@duckdb", "node-api")) ? null
        : $"install its package with: npm install --prefix {Path.GetRelativePath(checkout, DuckDbFolder(checkout))} @duckdb/node-api@1.5.6-r.1");

    /// <summary>Where DuckDB's package is looked for.</summary>
    public static string DuckDbFolder(string checkout) => Path.Combine(checkout, ".datasync", "duckdb");

    /// <summary>Where Node's other packages are looked for.</summary>
    public static string NodeFolder(string checkout) => Path.Combine(checkout, ".datasync", "bench", "node");

    private static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            using var process = OsProcess.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false });
            process?.WaitForExit();
            return process?.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

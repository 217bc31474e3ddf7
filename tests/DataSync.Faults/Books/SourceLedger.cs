using DataSync.Faults.Running;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Faults.Books;

/// <summary>
/// The customer's two tables of the same rows, with a key and without, and the rig's own account of them: key, version and hash of each row. Rows change between waves only: a job that is taken up
/// again reads on from its checkpoint, so what it is to bring is certain only while the source stands still.
/// </summary>
internal sealed class SourceLedger(string source)
{
    /// <summary>The table with a primary key: reading goes on after the last key.</summary>
    public const string Keyed = "ledger";

    /// <summary>The table without one: reading begins again.</summary>
    public const string Keyless = "ledger_without_key";

    private const string Columns = "key bigint NOT NULL, version int NOT NULL, payload text NOT NULL";
    private readonly SortedDictionary<long, SourceRow> _rows = [];
    private long _lastKey;

    public IReadOnlyDictionary<long, SourceRow> Rows => _rows;

    public async Task CreateAsync(int rows, Random random, CancellationToken ct)
    {
        await Query.ReadAsync(source, $"CREATE TABLE {Keyed} ({Columns}, PRIMARY KEY (key)); CREATE TABLE {Keyless} ({Columns})", ct);
        await WriteAsync([.. Enumerable.Range(1, rows).Select(key => ((long)key, 1))], random, ct);
    }

    /// <summary>A tenth of the rows get another version, some go and as many new ones come.</summary>
    public async Task ChangeAsync(Random random, CancellationToken ct)
    {
        var keys = _rows.Keys.ToArray();
        random.Shuffle(keys);
        var (gone, changed) = (keys[..(keys.Length / 50)], keys[(keys.Length / 50)..(keys.Length / 10)]);
        var next = changed.Select(key => (key, _rows[key].Version + 1)).Concat(gone.Select((_, i) => (_lastKey + 1 + i, 1))).ToList();
        var old = string.Join(',', gone.Concat(changed));
        await Query.ReadAsync(source, $"DELETE FROM {Keyed} WHERE key IN ({old}); DELETE FROM {Keyless} WHERE key IN ({old})", ct);
        foreach (var key in gone) _rows.Remove(key);
        await WriteAsync(next, random, ct);
    }

    private async Task WriteAsync(IReadOnlyList<(long Key, int Version)> rows, Random random, CancellationToken ct)
    {
        var written = rows.Select(row => (row.Key, row.Version, Payload: PayloadText.Next(random))).ToList();
        await using var connection = new NpgsqlConnection(source);
        await connection.OpenAsync(ct);
        foreach (var table in (string[])[Keyed, Keyless])
        {
            await using var copy = await connection.BeginBinaryImportAsync($"COPY {table} (key, version, payload) FROM STDIN (FORMAT BINARY)", ct);
            foreach (var (key, version, payload) in written)
            {
                await copy.StartRowAsync(ct);
                await copy.WriteAsync(key, NpgsqlDbType.Bigint, ct);
                await copy.WriteAsync(version, NpgsqlDbType.Integer, ct);
                await copy.WriteAsync(payload, NpgsqlDbType.Text, ct);
            }

            await copy.CompleteAsync(ct);
        }

        foreach (var (key, version, payload) in written)
        {
            _rows[key] = SourceRow.Of(key, version, payload);
            _lastKey = Math.Max(_lastKey, key);
        }
    }
}

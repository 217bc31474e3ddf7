using DataSync.Faults.Running;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Faults.Books;

/// <summary>
/// The customer's table, and the rig's own account of it: key, version and hash of each row. Rows change between waves only: a job that is taken up
/// again reads on from its checkpoint, so what it is to bring is certain only while the source stands still.
/// </summary>
internal sealed class SourceLedger(string source)
{
    public const string Table = "ledger";
    private readonly SortedDictionary<long, SourceRow> _rows = [];
    private long _lastKey;

    public IReadOnlyDictionary<long, SourceRow> Rows => _rows;

    public async Task CreateAsync(int rows, Random random, CancellationToken ct)
    {
        await Query.ReadAsync(source, $"CREATE TABLE {Table} (key bigint PRIMARY KEY, version int NOT NULL, payload text NOT NULL)", ct);
        await WriteAsync([.. Enumerable.Range(1, rows).Select(key => ((long)key, 1))], random, ct);
    }

    /// <summary>A tenth of the rows get another version, some go and as many new ones come.</summary>
    public async Task ChangeAsync(Random random, CancellationToken ct)
    {
        var keys = _rows.Keys.ToArray();
        random.Shuffle(keys);
        var (gone, changed) = (keys[..(keys.Length / 50)], keys[(keys.Length / 50)..(keys.Length / 10)]);
        var next = changed.Select(key => (key, _rows[key].Version + 1)).Concat(gone.Select((_, i) => (_lastKey + 1 + i, 1))).ToList();
        await Query.ReadAsync(source, $"DELETE FROM {Table} WHERE key IN ({string.Join(',', gone.Concat(changed))})", ct);
        foreach (var key in gone) _rows.Remove(key);
        await WriteAsync(next, random, ct);
    }

    private async Task WriteAsync(IReadOnlyList<(long Key, int Version)> rows, Random random, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(source);
        await connection.OpenAsync(ct);
        await using var copy = await connection.BeginBinaryImportAsync($"COPY {Table} (key, version, payload) FROM STDIN (FORMAT BINARY)", ct);
        foreach (var (key, version) in rows)
        {
            var payload = PayloadText.Next(random);
            await copy.StartRowAsync(ct);
            await copy.WriteAsync(key, NpgsqlDbType.Bigint, ct);
            await copy.WriteAsync(version, NpgsqlDbType.Integer, ct);
            await copy.WriteAsync(payload, NpgsqlDbType.Text, ct);
            _rows[key] = SourceRow.Of(key, version, payload);
            _lastKey = Math.Max(_lastKey, key);
        }

        await copy.CompleteAsync(ct);
    }
}

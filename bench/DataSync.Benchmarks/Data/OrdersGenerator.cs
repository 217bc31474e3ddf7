using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Data;

/// <summary>Fills a source database with any number of orders, always the same ones.</summary>
internal static class OrdersGenerator
{
    /// <summary>The columns, as a definition list of PostgreSQL.</summary>
    public const string Columns =
        "id bigint, order_uuid uuid, customer text, email text, amount numeric(12,2), quantity int, active boolean, created timestamptz, "
        + "modified_at timestamptz, attributes jsonb, note text, weight double precision";

    private const long Chunk = 250_000;

    /// <summary>Makes the table, or adds what it lacks up to <paramref name="rows"/>.</summary>
    public static async Task FillAsync(Database source, long rows, CancellationToken ct)
    {
        await source.ExecuteAsync("SET client_min_messages = warning; CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, " + Columns["id bigint, ".Length..] + ")", ct);
        var there = await source.ScalarAsync<long>("SELECT count(*) FROM orders", ct);
        using var stream = new StreamReader(typeof(OrdersGenerator).Assembly.GetManifestResourceStream("orders.sql")!);
        var sql = await stream.ReadToEndAsync(ct);
        for (var first = there + 1; first <= rows; first += Chunk)
        {
            var last = Math.Min(rows, first + Chunk - 1);
            await source.ExecuteAsync(sql.Replace("$first", $"{first}", StringComparison.Ordinal).Replace("$last", $"{last}", StringComparison.Ordinal), ct);
        }

        await source.ExecuteAsync("VACUUM (ANALYZE) orders", ct);
    }
}

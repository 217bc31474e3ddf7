using System.Text;
using DataSync.IntegrationTests.Postgres;

namespace DataSync.IntegrationTests.Sources;

/// <summary>Everything the database holds, as a superuser reads it, and the spellings a secret could be found under.</summary>
internal static class TableDump
{
    public static async Task<string> ReadAsync(SystemDatabase database, CancellationToken ct)
    {
        List<string> tables = [];
        await using (var list = database.Superuser.CreateCommand("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"))
        await using (var reader = await list.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct)) tables.Add(reader.GetString(0));
        }

        var dump = new StringBuilder();
        foreach (var table in tables)
        {
            await using var rows = database.Superuser.CreateCommand($"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {table} t");
            dump.AppendLine(table).AppendLine((string)(await rows.ExecuteScalarAsync(ct))!);
        }

        return dump.ToString();
    }

    /// <summary>The text itself, backwards, and its UTF-8 and UTF-16 in hex and in base64 at each alignment.</summary>
    public static IEnumerable<string> Spellings(string secret)
    {
        yield return secret;
        yield return string.Concat(secret.Reverse());
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes(secret), Encoding.Unicode.GetBytes(secret), Encoding.BigEndianUnicode.GetBytes(secret) })
        {
            yield return Convert.ToHexString(bytes);
            yield return Convert.ToHexStringLower(bytes);
            for (var skip = 0; skip < 3; skip++)
            {
                var aligned = bytes.AsSpan(skip);
                yield return Convert.ToBase64String(aligned[..(aligned.Length / 3 * 3)]);
            }
        }
    }
}

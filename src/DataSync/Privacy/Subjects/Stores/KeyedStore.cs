using System.Runtime.CompilerServices;
using System.Text;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Finding;
using Npgsql;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>
/// A table with a row a thing: gone through in the order of its key, some thousand rows a statement, of which some hundred candidates are read at once; each that is about the subject is changed or removed by its key.
/// </summary>
/// <param name="database">Where it is.</param>
/// <param name="kind">What a receipt calls its rows.</param>
/// <param name="table">The table.</param>
/// <param name="key">The columns that, with the tenant, are the table's key, in its order. None of them is ever empty.</param>
/// <param name="columns">The columns that may hold the subject, as text or bytes.</param>
/// <param name="change">What is done with such a row: a statement's beginning, up to its WHERE.</param>
internal abstract class KeyedStore(TenantDatabase database, string kind, string table, IReadOnlyList<KeyColumn> key, IReadOnlyList<string> columns, string change) : IHoldsSubjects
{
    private const int Page = 200, Rows = 5000;

    public abstract string Phase { get; }

    public abstract int Order { get; }

    private string Names => string.Join(", ", key.Select(k => k.Name));

    /// <summary>Behind a place, up to <see cref="Rows"/> rows further. Parameters: the tenant, how many, the place.</summary>
    private string EndSql => $"SELECT {Names} FROM {table} WHERE tenant_id = $1 AND ({Names}) > ({Values(3)}) ORDER BY {Names} OFFSET $2 LIMIT 1";

    /// <summary>Behind a place, and up to another where there is one. Parameters: the tenant, the value, what may hide it, how many, the places.</summary>
    private string SelectSql(bool toEnd) =>
        $"""
        SELECT {Names}, {string.Join(", ", columns.Select(c => $"convert_to({c}::text, 'UTF8')"))} FROM {table}
        WHERE tenant_id = $1 AND ({Names}) > ({Values(5)}){(toEnd ? "" : $" AND ({Names}) <= ({Values(5 + key.Count)})")}
            AND ({string.Join(" OR ", columns.Select(c => $"strpos({c}::text, $2) > 0 OR strpos({c}::text, $3) > 0"))}) ORDER BY {Names} LIMIT $4
        """;

    private string ChangeSql => $"{change} WHERE tenant_id = $1 AND ({Names}) IN (SELECT * FROM unnest({string.Join(", ", key.Select((k, i) => $"${i + 2}::{k.Type}[]"))}))";

    public async Task CountAsync(SubjectSearch search, CancellationToken ct)
    {
        await foreach (var found in PagesAsync(search.TenantId, search.Match, ct)) search.Add(kind, found.Count);
    }

    public async Task WriteAsync(SubjectSearch search, SubjectWriter writer, CancellationToken ct)
    {
        await foreach (var found in PagesAsync(search.TenantId, search.Match, ct))
        {
            foreach (var row in found)
            {
                // bytes of a key tell nobody anything, and a key that names the subject is given out itself
                var place = key.Select((k, i) => (k.Name, Value: row.Key[i] is int number ? (object)(long)number : row.Key[i])).Where(k => k.Value is not byte[] && !columns.Contains(k.Name)).ToList();
                foreach (var (column, document) in row.Held) await writer.WriteAsync(kind, [.. place, ("field", column.Contains('(', StringComparison.Ordinal) ? "body" : column)], document, ct);
            }
        }
    }

    public async Task EraseAsync(ErasureWork work, CancellationToken ct)
    {
        await foreach (var found in PagesAsync(work.TenantId, work.Match, ct))
        {
            await using var transaction = await database.BeginAsync(work.TenantId, ct);
            await using (var command = transaction.Command(ChangeSql, [work.TenantId, .. key.Select((k, i) => k.ArrayOf(found.Select(f => f.Key[i])))])) work.Add(kind, await command.ExecuteNonQueryAsync(ct));

            // Without the place, which may name a person: what is done is not found again.
            await work.CommitAsync(transaction, null, ct);
        }
    }

    /// <summary>The rows about the subject, page by page.</summary>
    private async IAsyncEnumerable<List<HeldKey>> PagesAsync(string tenantId, SubjectMatch match, [EnumeratorCancellation] CancellationToken ct)
    {
        object[]? after = [.. key.Select(k => k.First)];
        while (after is not null)
        {
            var end = await EndAsync(tenantId, after, ct);
            for (var more = true; more;)
            {
                (after, more, var found) = await PageAsync(tenantId, after, end, match, ct);
                if (found.Count > 0) yield return found;
            }

            after = end;
        }
    }

    /// <summary>The place some thousand rows behind another; null where there are not so many.</summary>
    private async Task<object[]?> EndAsync(string tenantId, object[] after, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(EndSql, [tenantId, Rows - 1, .. after]);
        await using var row = await batch.ReadAsync(ct);
        return await row.ReadAsync(ct) ? KeyOf(row) : null;
    }

    private async Task<(object[] Last, bool More, List<HeldKey> Found)> PageAsync(string tenantId, object[] after, object[]? end, SubjectMatch match, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(SelectSql(end is null), [tenantId, match.Literal, match.Escape, Page, .. after, .. end ?? []]);
        await using var rows = await batch.ReadAsync(ct);
        List<HeldKey> found = [];
        var (seen, last) = (0, after);
        while (await rows.ReadAsync(ct))
        {
            (seen, last) = (seen + 1, KeyOf(rows));
            List<(string, byte[])> held = [];
            for (var i = 0; i < columns.Count; i++)
            {
                if (await rows.IsDBNullAsync(key.Count + i, ct)) continue;
                var document = rows.GetFieldValue<byte[]>(key.Count + i);
                if (match.IsIn(document, null) || match.Says(Encoding.UTF8.GetString(document))) held.Add((columns[i], document));
            }

            if (held.Count > 0) found.Add(new HeldKey(last, held));
        }

        return (last, seen == Page, found);
    }

    private object[] KeyOf(NpgsqlDataReader row) => [.. key.Select((_, i) => row.GetValue(i))];

    private string Values(int from) => string.Join(", ", key.Select((_, i) => $"${from + i}"));

    /// <summary>A row about the subject: its key, and each column in which the subject stands.</summary>
    private readonly record struct HeldKey(object[] Key, IReadOnlyList<(string Column, byte[] Document)> Held);
}

/// <summary>A column of a table's key.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsBytes">Whether it holds bytes, and no text.</param>
/// <param name="IsNumber">Whether it holds integers above zero.</param>
internal readonly record struct KeyColumn(string Name, bool IsBytes = false, bool IsNumber = false)
{
    /// <summary>The database's name of its type.</summary>
    public string Type => IsBytes ? "bytea" : IsNumber ? "integer" : "text";

    /// <summary>What is before all values.</summary>
    public object First => IsBytes ? Array.Empty<byte>() : IsNumber ? 0 : "";

    /// <summary>Values as a parameter.</summary>
    public object ArrayOf(IEnumerable<object> values) => IsBytes ? values.Cast<byte[]>().ToArray() : IsNumber ? values.Cast<int>().ToArray() : values.Cast<string>().ToArray();
}

/// <summary>Answers of language models in which the subject stands. Those that were made of its records went with them.</summary>
internal sealed class AnswerTextStore(TenantDatabase database) : KeyedStore(database, "ai_answers", "ai_answers", [new("key", IsBytes: true)], ["answer"], "DELETE FROM ai_answers")
{
    public override string Phase => "answers";

    public override int Order => 40;
}

/// <summary>How far incremental syncs have come, where that is a person's key: the next one reads everything.</summary>
internal sealed class StateStore(TenantDatabase database) : KeyedStore(database, "source_states", "sync_state", [new("source_id")], ["state_data", "last_record_id"], "DELETE FROM sync_state")
{
    public override string Phase => "states";

    public override int Order => 50;
}

/// <summary>Names of COCO's categories, which come from records: the name goes, its number is given to no other.</summary>
internal sealed class CategoryStore(TenantDatabase database)
    : KeyedStore(database, "categories", "coco_categories", [new("source_id"), new("id", IsNumber: true)], ["name"], "UPDATE coco_categories SET name = NULL, hash = NULL")
{
    public override string Phase => "categories";

    public override int Order => 55;
}

/// <summary>Why a schedule's last run became no job.</summary>
internal sealed class ScheduleStore(TenantDatabase database) : KeyedStore(database, "job_details", "sync_schedules", [new("source_id")], ["failure"], "UPDATE sync_schedules SET failure = NULL")
{
    public override string Phase => "schedules";

    public override int Order => 60;
}

/// <summary>Answers kept for repeated requests: status and place stay, the body goes.</summary>
internal sealed class KeptAnswerStore(TenantDatabase database)
    : KeyedStore(database, "kept_answers", "idempotency_keys", [new("operation", IsBytes: true), new("key")], ["convert_from(body, 'UTF8')", "location"], @"UPDATE idempotency_keys SET body = '\x', location = NULL")
{
    public override string Phase => "kept_answers";

    public override int Order => 70;
}

/// <summary>Keys of repeated requests that name the subject.</summary>
internal sealed class RequestKeyStore(TenantDatabase database)
    : KeyedStore(database, "kept_answers", "idempotency_keys", [new("operation", IsBytes: true), new("key")], ["key"], "DELETE FROM idempotency_keys")
{
    public override string Phase => "request_keys";

    public override int Order => 80;
}

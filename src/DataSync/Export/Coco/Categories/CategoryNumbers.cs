using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Platform.Tenancy;

namespace DataSync.Export.Coco.Categories;

/// <summary>The numbers of a source's categories, in the order of the names given, none of which is there twice: those they had before, else the next ones. Null where there is no such source.</summary>
internal delegate Task<IReadOnlyList<int>?> NumberCategories(string tenantId, string sourceId, IReadOnlyList<string> names, CancellationToken ct);

/// <summary>
/// The numbers in the database. Each call is a short transaction of its own, which is durable when it returns: what an export writes is known before its files are published, and stays
/// known where the export does not end.
/// </summary>
internal sealed class CategoryNumbers(TenantDatabase database)
{
    /// <summary>While numbers are given to its names a source is not deleted, which would take these numbers with it.</summary>
    private const string Hold = "SELECT 1 FROM data_source_configs WHERE tenant_id = $1 AND source_id = $2 FOR KEY SHARE";

    /// <summary>Jobs of one source take turns, and the statement behind it sees what the one before made.</summary>
    private const string Turn = "SELECT pg_advisory_xact_lock(hashtextextended(jsonb_build_array($1::text, $2::text)::text, 3040))";

    /// <summary>Each name is looked up by itself: of a column without statistics the planner would else rather go through all of the source's.</summary>
    private const string Number = """
        WITH given AS (SELECT * FROM unnest($3::text[], $4::bigint[]) WITH ORDINALITY AS g (name, hash, at)),
            known AS (
                SELECT g.at, n.id FROM given g
                JOIN LATERAL (SELECT c.id FROM coco_categories c WHERE c.tenant_id = $1 AND c.source_id = $2 AND c.hash = g.hash AND c.name = g.name LIMIT 1) n ON true),
            fresh AS (
                SELECT g.*, (SELECT coalesce(max(c.id), 0) FROM coco_categories c WHERE c.tenant_id = $1 AND c.source_id = $2) + row_number() OVER (ORDER BY g.at) AS id
                FROM given g WHERE NOT EXISTS (SELECT FROM known k WHERE k.at = g.at)),
            made AS (INSERT INTO coco_categories (tenant_id, source_id, id, name, hash) SELECT $1, $2, f.id, f.name, f.hash FROM fresh f)
        SELECT n.id::integer FROM (SELECT at, id FROM known UNION ALL SELECT at, id FROM fresh) n ORDER BY n.at
        """;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>See <see cref="NumberCategories"/>.</summary>
    public async Task<IReadOnlyList<int>?> NumberAsync(string tenantId, string sourceId, IReadOnlyList<string> names, CancellationToken ct)
    {
        string[] stored = [.. names.Select(n => JsonSerializer.Serialize(n, Relaxed))];
        await using var transaction = await database.BeginAsync(tenantId, ct);
        await using (var hold = transaction.Command(Hold, tenantId, sourceId))
        {
            if (await hold.ExecuteScalarAsync(ct) is null) return null;
        }

        await using (var turn = transaction.Command(Turn, tenantId, sourceId)) await turn.ExecuteNonQueryAsync(ct);
        List<int> numbers = new(stored.Length);
        await using (var number = transaction.Command(Number, tenantId, sourceId, stored, stored.Select(Hash).ToArray()))
        await using (var rows = await number.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct)) numbers.Add(rows.GetInt32(0));
        }

        await transaction.CommitAsync(ct);
        return numbers;
    }

    private static long Hash(string name) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}

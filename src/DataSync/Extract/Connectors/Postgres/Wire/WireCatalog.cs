using System.Data;
using DataSync.Extract.Json;
using Npgsql;

namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>
/// Finds out how types that are not built in are read: enums are text, domains are their base, arrays and composites are taken apart
/// where all within them can be; anything else is the server's own text.
/// </summary>
internal sealed class WireCatalog
{
    /// <summary>Deeper nesting than this is read as text.</summary>
    private const int DeepestNesting = 16;

    private readonly Dictionary<uint, TypeRow> _types = [];
    private readonly Dictionary<uint, List<(string Name, uint Type)>> _attributes = [];

    private WireCatalog() { }

    /// <summary>Reads from the server's catalog what it takes to resolve the types.</summary>
    public static async Task<WireCatalog> LoadAsync(PostgresSession session, IEnumerable<uint> types, CancellationToken ct)
    {
        var catalog = new WireCatalog();
        var missing = types.Where(catalog.IsMissing).ToHashSet();
        for (var depth = 0; missing.Count > 0 && depth < DeepestNesting; depth++) missing = await catalog.ReadAsync(session, missing, ct);
        return catalog;
    }

    public WireColumn Column(uint type)
    {
        if (Native(type, 0) is { } format) return new WireColumn(format);
        return type switch
        {
            // money's text depends on the server's locale, its digits do not
            WireTypes.Money => new WireColumn(WireTypes.BuiltIn[1700], "pg_catalog.numeric"),
            WireTypes.MoneyArray => new WireColumn(WireTypes.BuiltIn[1231], "pg_catalog.numeric[]"),
            _ when IsArray(type) => new WireColumn(WireTypes.BuiltIn[1009], "pg_catalog.text[]"),
            _ => new WireColumn(WireTypes.Text, "pg_catalog.text"),
        };
    }

    private WireFormat? Native(uint type, int depth)
    {
        if (WireTypes.BuiltIn.TryGetValue(type, out var builtIn)) return builtIn;
        if (depth > DeepestNesting || !_types.TryGetValue(type, out var row)) return null;
        return row.Kind switch
        {
            'e' => WireTypes.Text,
            'd' => Native(row.Base, depth + 1),
            'b' when row.Element != 0 => Native(row.Element, depth + 1) is { } element ? new ArrayFormat(element) : null,
            'c' => Composite(row.Relation, depth),
            _ => null,
        };
    }

    private CompositeFormat? Composite(uint relation, int depth)
    {
        if (!_attributes.TryGetValue(relation, out var attributes)) return null;
        var formats = attributes.Select(a => (Name: JsonText.MemberName(a.Name), Format: Native(a.Type, depth + 1)!)).ToArray();
        return Array.Exists(formats, f => f.Format is null) ? null : new CompositeFormat(formats);
    }

    private bool IsArray(uint type) => _types.TryGetValue(type, out var row) && (row.Kind == 'd' ? IsArray(row.Base) : row.Element != 0);

    private bool IsMissing(uint type) => type != 0 && !WireTypes.BuiltIn.ContainsKey(type) && !_types.ContainsKey(type);

    private async Task<HashSet<uint>> ReadAsync(PostgresSession session, HashSet<uint> types, CancellationToken ct)
    {
        // a subscripted type of variable length is an array; name, point and the two vectors are not
        const string Types =
            """
            SELECT t.oid::bigint, t.typtype::text, CASE WHEN t.typlen = -1 AND t.oid NOT IN (22, 30) THEN t.typelem ELSE 0 END::bigint,
                   t.typbasetype::bigint, CASE WHEN t.typtype = 'c' THEN t.typrelid ELSE 0 END::bigint
            FROM pg_catalog.pg_type t WHERE t.oid = ANY (pg_catalog.string_to_array($1, ',')::pg_catalog.oid[])
            """;
        const string Attributes =
            """
            SELECT a.attrelid::bigint, a.attname::text, a.atttypid::bigint FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = ANY (pg_catalog.string_to_array($1, ',')::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attrelid, a.attnum
            """;
        var found = new HashSet<uint>();
        var relations = new HashSet<uint>();
        await using (var reader = await QueryAsync(session, Types, types, ct))
        {
            while (await reader.ReadAsync(ct))
            {
                var row = new TypeRow(reader.GetString(1)[0], (uint)reader.GetInt64(2), (uint)reader.GetInt64(3), (uint)reader.GetInt64(4));
                _types[(uint)reader.GetInt64(0)] = row;
                found.UnionWith([row.Element, row.Base]);
                if (row.Relation != 0) relations.Add(row.Relation);
            }
        }

        if (relations.Count > 0)
        {
            foreach (var relation in relations) _attributes[relation] = [];
            await using var reader = await QueryAsync(session, Attributes, relations, ct);
            while (await reader.ReadAsync(ct))
            {
                var type = (uint)reader.GetInt64(2);
                _attributes[(uint)reader.GetInt64(0)].Add((reader.GetString(1), type));
                found.Add(type);
            }
        }

        return found.Where(IsMissing).ToHashSet();
    }

    private static Task<NpgsqlDataReader> QueryAsync(PostgresSession session, string sql, HashSet<uint> oids, CancellationToken ct)
        => session.QueryAsync(sql, [PostgresSession.Text(string.Join(',', oids))], CommandBehavior.Default, ct);

    private sealed record TypeRow(char Kind, uint Element, uint Base, uint Relation);
}

using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy.Regions;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>Which sources there are, of all tenants of this region: their names are all that is read.</summary>
internal sealed class SourceNameTable(DataSources sources, RegionOptions regions)
{
    private const int Seconds = 5;

    private static readonly string Sql =
        $"""
        SELECT EXISTS (SELECT FROM data_source_configs s WHERE s.tenant_id = n.tenant) AND {RegionSql.IsHere("n.tenant", "$3", "$4")},
               EXISTS (SELECT FROM data_source_configs s WHERE s.tenant_id = n.tenant AND s.source_id = n.source) AND {RegionSql.IsHere("n.tenant", "$3", "$4")}
        FROM unnest($1, $2) WITH ORDINALITY AS n(tenant, source, place)
        ORDER BY n.place
        """;

    /// <summary>See <see cref="AskNames"/>.</summary>
    public async Task<IReadOnlyList<NameStands>> AskAsync(IReadOnlyList<SourceName> names)
    {
        await using var command = sources.System.CreateCommand(Sql);
        command.CommandTimeout = Seconds;
        command.Parameters.Add(new NpgsqlParameter { Value = names.Select(n => n.TenantId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter { Value = names.Select(n => n.SourceId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        foreach (var value in RegionSql.Values(regions)) command.Parameters.Add(value);
        var found = new List<NameStands>(names.Count);
        await using var rows = await command.ExecuteReaderAsync(CancellationToken.None); // others wait for it than whoever asked first
        while (await rows.ReadAsync(CancellationToken.None)) found.Add(rows.GetBoolean(1) ? NameStands.ForSource : rows.GetBoolean(0) ? NameStands.ForTenant : NameStands.ForNothing);
        return found;
    }
}

using Npgsql;
using NpgsqlTypes;

namespace DataSync.Platform.Tenancy.Regions;

/// <summary>The same question within a statement that looks across tenants: what is elsewhere takes no place there from those who are here.</summary>
internal static class RegionSql
{
    /// <summary>True for the tenants that are here. Without regions it is decided before a row is looked at.</summary>
    /// <param name="tenant">The column with the tenant.</param>
    /// <param name="own">Place of the first of <see cref="Values"/>.</param>
    /// <param name="usual">Place of the second.</param>
    public static string IsHere(string tenant, string own, string usual)
        => $"({own}::text IS NULL OR {own} = coalesce((SELECT r.region FROM tenant_settings r WHERE r.tenant_id = {tenant}), {usual}::text, ''))";

    /// <summary>The values of the two places.</summary>
    public static NpgsqlParameter[] Values(RegionOptions regions) => [Text(regions.Own), Text(regions.Usual)];

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}

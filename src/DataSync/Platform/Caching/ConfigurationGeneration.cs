using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Platform.Caching;

/// <summary>A number that every change of a tenant's configuration raises, in the same transaction (a trigger of the database). A tenant without a row is at 0.</summary>
internal sealed class ConfigurationGeneration : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>Microseconds since 1970 at the change, and always more than before: a restored database does not count through the same numbers again.</summary>
    public long Generation { get; set; }
}

internal sealed class ConfigurationGenerationMapping : IEntityTypeConfiguration<ConfigurationGeneration>
{
    public void Configure(EntityTypeBuilder<ConfigurationGeneration> builder)
    {
        builder.ToTable("configuration_generations");
        builder.HasKey(g => g.TenantId);
    }
}

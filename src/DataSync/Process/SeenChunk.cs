using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Process;

/// <summary>What a job's refiners remember of the records of one commit, for an attempt that goes on behind it. It goes with the job's last commit.</summary>
internal sealed class SeenChunk : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid JobId { get; set; }
    public string Name { get; set; } = "";

    /// <summary>The sequence number behind the commit's last record.</summary>
    public long Upto { get; set; }
    public byte[] Hashes { get; set; } = [];
}

internal sealed class SeenChunkMapping : IEntityTypeConfiguration<SeenChunk>
{
    public void Configure(EntityTypeBuilder<SeenChunk> builder)
    {
        builder.ToTable("sync_seen_values");
        builder.HasKey(s => new { s.TenantId, s.JobId, s.Name, s.Upto });
    }
}

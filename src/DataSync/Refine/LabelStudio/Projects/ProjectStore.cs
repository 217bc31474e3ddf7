using System.Security.Cryptography;
using System.Text;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using DataSync.Refine.LabelStudio.Api;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.LabelStudio.Projects;

/// <summary>A tenant's projects in the database, and the servers they are at.</summary>
internal sealed class ProjectStore(TenantDatabase database, TenantKeyring keyring, IOptions<LabelStudioOptions> options, TimeProvider time)
{
    /// <summary>How a stored key is shown; sent back with the same address, it keeps the key.</summary>
    public const string Mask = "***";

    private const int Tries = 3;

    /// <summary>Up to <paramref name="count"/> projects by their numbers, after one.</summary>
    public async Task<IReadOnlyList<LabelStudioProject>> ListAsync(string tenantId, long after, int count, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<LabelStudioProject>().Where(p => p.ProjectId > after).OrderBy(p => p.ProjectId).Take(count).AsNoTracking().ToListAsync(ct);
    }

    /// <summary>The project, or null. Its key is sealed.</summary>
    public async Task<LabelStudioProject?> FindAsync(string tenantId, long project, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await FindAsync(transaction, project, ct);
    }

    /// <summary>Makes the project one of the operator's server.</summary>
    public Task<LabelStudioProject> BindOperatorsAsync(string tenantId, long project, string by, CancellationToken ct) => database.ChangeAsync(tenantId, async transaction =>
    {
        var row = await OpenRowAsync(transaction, project, by, ct);
        (row.BaseUrl, row.ApiKey) = (null, null);
        await transaction.Db.SaveChangesAsync(ct);
        return row;
    }, _ => true, ct);

    /// <summary>Makes the project one of the tenant's own server.</summary>
    public Task<LabelStudioProject> ReplaceAsync(string tenantId, long project, Uri url, string apiKey, string by, CancellationToken ct) => database.ChangeAsync(tenantId, async transaction =>
    {
        var stored = await FindAsync(transaction, project, ct);
        if (apiKey == Mask)
        {
            // a key is kept for the address it was given for alone
            if (stored is null || stored.BaseUrl != url.AbsoluteUri) throw ProjectFailure.Invalid("api_key", "faults.label_studio_key");
            apiKey = await OpenAsync(transaction, stored, ct) ?? throw ProjectFailure.Unreadable();
        }

        var row = await OpenRowAsync(transaction, project, by, ct);
        row.BaseUrl = url.AbsoluteUri;
        await SealAsync(transaction, row, apiKey, ct);
        await transaction.Db.SaveChangesAsync(ct);
        return row;
    }, _ => true, ct);

    /// <summary>Forgets the project; false where there was none. What is at its server stays there.</summary>
    public Task<bool> DeleteAsync(string tenantId, long project, CancellationToken ct)
        => database.ChangeAsync(tenantId, async transaction => await transaction.Db.Set<LabelStudioProject>().Where(p => p.ProjectId == project).ExecuteDeleteAsync(ct) > 0, deleted => deleted, ct);

    /// <summary>Gives the project's webhook a new secret, which is told this once; null where there is no such project.</summary>
    public Task<string?> NewHookAsync(string tenantId, long project, CancellationToken ct) => database.ChangeAsync(tenantId, async transaction =>
    {
        var (secret, digest) = Hooks.HookSecret.Make();
        var changed = await transaction.Db.Set<LabelStudioProject>().Where(p => p.ProjectId == project)
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.HookDigest, digest).SetProperty(p => p.UpdatedAt, time.GetUtcNow()), ct);
        return changed > 0 ? secret : null;
    }, secret => secret is not null, ct);

    /// <summary>The project's server, with its key in the clear. Fails where the project is not the tenant's.</summary>
    public async Task<LabelStudioServer> ServerAsync(string tenantId, long project, CancellationToken ct)
    {
        for (var i = 0; ; i++)
        {
            await using var transaction = await database.BeginAsync(tenantId, ct);
            var row = await FindAsync(transaction, project, ct) ?? throw ProjectFailure.NotBound(project);
            if (row.BaseUrl is null)
            {
                return LabelStudioServer.TryReadUrl(options.Value.Url, out var operators) ? new LabelStudioServer(operators, options.Value.ApiKey) : throw ProjectFailure.NotConfigured();
            }

            // between the row and its key, the key may have been changed for a newer one
            if (await OpenAsync(transaction, row, ct) is { } key) return new LabelStudioServer(new Uri(row.BaseUrl), key);
            if (i == Tries) throw ProjectFailure.Unreadable();
        }
    }

    /// <summary>The key under the newest data key.</summary>
    public async Task SealAsync(TenantTransaction transaction, LabelStudioProject row, string apiKey, CancellationToken ct)
    {
        using var sealing = await keyring.SealingKeyAsync(transaction, ct);
        var plain = Encoding.UTF8.GetBytes(apiKey);
        row.ApiKey = sealing.Seal(plain, row.KeyPlace());
        CryptographicOperations.ZeroMemory(plain);
    }

    /// <summary>The key in the clear; null where it does not open.</summary>
    public async Task<string?> OpenAsync(TenantTransaction transaction, LabelStudioProject row, CancellationToken ct)
    {
        if (await keyring.OpenAsync(transaction, row.ApiKey, row.KeyPlace(), ct) is not { } plain) return null;
        var key = Encoding.UTF8.GetString(plain);
        CryptographicOperations.ZeroMemory(plain);
        return key;
    }

    private static Task<LabelStudioProject?> FindAsync(TenantTransaction transaction, long project, CancellationToken ct)
        => transaction.Db.Set<LabelStudioProject>().AsNoTracking().SingleOrDefaultAsync(p => p.ProjectId == project, ct);

    /// <summary>The row, locked, its version raised; made where there is none.</summary>
    private async Task<LabelStudioProject> OpenRowAsync(TenantTransaction transaction, long project, string by, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await transaction.Db.Database.ExecuteSqlAsync(
            $"INSERT INTO label_studio_projects (tenant_id, project_id, version, created_by, created_at, updated_at) VALUES ({transaction.Db.TenantId}, {project}, 0, {by}, {now}, {now}) ON CONFLICT DO NOTHING", ct);
        var row = await transaction.Db.Set<LabelStudioProject>().FromSql($"SELECT * FROM label_studio_projects WHERE project_id = {project} FOR UPDATE").SingleAsync(ct);
        row.Version++;
        row.UpdatedAt = now;
        return row;
    }
}

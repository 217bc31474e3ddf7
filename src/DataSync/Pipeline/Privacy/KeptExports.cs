namespace DataSync.Pipeline.Privacy;

/// <summary>
/// Makes the files of a completed job once more, in their place, of the records that are stored by now; the job then names the new ones. Null where the job is not completed, has no
/// files, or did not store all its records. The room of the jobs answers it.
/// </summary>
/// <param name="tenantId">Whose job.</param>
/// <param name="jobId">The job.</param>
/// <param name="confirm">Asked before a file gets its name: throws where the caller has lost its turn.</param>
/// <param name="ct">Ends the work; then the job has no export until it is repeated.</param>
internal delegate Task<IReadOnlyList<ExportedFile>?> RewriteExport(string tenantId, Guid jobId, Func<CancellationToken, Task> confirm, CancellationToken ct);

/// <summary>Removes a job's files, and takes them out of the job; the names of those there were. The room of the jobs answers it.</summary>
internal delegate Task<IReadOnlyList<string>> DropExport(string tenantId, Guid jobId, CancellationToken ct);

/// <summary>
/// Whether a job's files hold a text, in any of the ways in which formats write it: those that its manifest names, and those that a job which ended early left without one. A file of which that cannot be told holds it if no
/// other file of the job can tell; what was only begun cannot be told. The room of the exports answers it.
/// </summary>
internal delegate Task<bool> FindInExport(string tenantId, Guid jobId, WrittenText text, CancellationToken ct);

/// <summary>What lies in a job's folder, whatever became of the job. The room of the exports answers it.</summary>
internal delegate Task<LeftFiles> ListExportFiles(string tenantId, Guid jobId, CancellationToken ct);

/// <summary>The files in a job's folder.</summary>
/// <param name="Published">Names of those that were finished, a manifest among them where there is one.</param>
/// <param name="Begun">How many were begun and never finished: what an attempt left that died.</param>
internal sealed record LeftFiles(IReadOnlyList<string> Published, int Begun)
{
    public bool Any => Published.Count + Begun > 0;
}

/// <summary>Removes a job's files; nothing happens where there are none. The room of the exports answers it.</summary>
internal delegate Task DeleteExport(string tenantId, Guid jobId, CancellationToken ct);

/// <summary>Removes every file of a tenant. The room of the exports answers it.</summary>
internal delegate Task DeleteTenantExports(string tenantId, CancellationToken ct);

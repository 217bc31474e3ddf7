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

/// <summary>
/// Reads the records out of a job's files, as far as formats can be read back: of those that its manifest names the files of one format, as all formats hold the same records, and each of those that a job which ended early left
/// without one. A file that cannot be read back is named where it holds the text, or where nobody can tell. The room of the exports answers it.
/// </summary>
internal delegate IAsyncEnumerable<KeptInFile> ReadExport(string tenantId, Guid jobId, WrittenText text, CancellationToken ct);

/// <summary>A record in a file; or a file, named because its records cannot be read out of it.</summary>
/// <param name="File">The file's name; null for those that an attempt only began.</param>
/// <param name="Document">The record as JSON, as far as the format keeps it. It is valid until the next one is asked for.</param>
/// <param name="NotRead">Why the file is only named: <c>format</c>, <c>broken</c> or <c>begun</c>; null for a record.</param>
internal readonly record struct KeptInFile(string? File, ReadOnlyMemory<byte> Document, string? NotRead = null);

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

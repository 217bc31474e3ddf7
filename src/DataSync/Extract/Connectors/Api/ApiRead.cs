using System.Runtime.CompilerServices;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Connectors.Api.Paging;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api;

/// <summary>
/// One reading of an API, page by page. As soon as it is known where the next page is, it is asked for, while the records of this one are handed out. A batch
/// ends with its page at the latest, so that every page that came through is a place to go on from.
/// </summary>
internal sealed class ApiRead(ApiClient client, ApiConnection connection, ApiExtraction extraction, ReadRequest request, TimeProvider time)
{
    private readonly PageGuard _guard = new(extraction.Pagination, extraction.MostPages);
    private readonly DateTimeOffset _deadline = time.GetUtcNow() + request.StatementTimeout is var end && end < request.Deadline ? end : request.Deadline;
    private readonly Uri _first = extraction.FirstUrl(connection.BaseUrl);

    public async IAsyncEnumerable<RecordBatch> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var position = PagePosition.Read(request.ResumeToken.Span, extraction.Digest);
        if (position.Ended) yield break;
        using var limit = new CancellationTokenSource(request.StatementTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        using var records = new BatchBuilder(request);
        using var digest = extraction.Pagination is { CountsPages: true, AllowsEqualPages: false } ? new PageDigest() : null;
        Task<Page>? coming = GetAsync(position, ending.Token, ct);
        try
        {
            while (coming is not null)
            {
                using var page = await coming;
                coming = null;
                var known = page.Body.Records is { } count ? Next(page, position, count) : null;
                if (known is { Ended: false } && page.Body.Records - position.Skip < records.Remaining) coming = GetAsync(known, ending.Token, ct);
                await FillAsync(page, null, position.Skip, digest, ending.Token, ct);
                var done = position.Skip;
                while (await FillAsync(page, records, long.MaxValue, digest, ending.Token, ct) is var written)
                {
                    done += written;
                    if (!records.IsFull) break;
                    yield return records.Take((position with { Skip = done }).ToJson());
                }

                // where the row limit cut the page off, the rest of it is still to come
                var isWhole = records.Remaining > 0;
                if (isWhole && digest is not null) Watch(page, digest, done, position.Page);
                var next = isWhole ? known ?? Next(page, position, page.Body.Records ?? done) : position with { Skip = done };
                if (!records.IsEmpty) yield return records.Take(next.ToJson());
                if (!isWhole || next.Ended) break;
                coming ??= GetAsync(next, ending.Token, ct);
                position = next;
            }
        }
        finally
        {
            await ending.CancelAsync();
            if (coming is not null) await DropAsync(coming);
        }
    }

    /// <summary>The first page alone.</summary>
    public async Task<Page> FirstAsync(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(request.StatementTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        return await GetAsync(PagePosition.Read(default, extraction.Digest), ending.Token, ct);
    }

    /// <summary>The position after a page.</summary>
    public PagePosition Next(Page page, PagePosition position, long records)
    {
        var end = new PageEnd(page.Url, page.Response.Headers, page.Body.Root, Listed(page) ?? records, link => Follow(page.Url, link));
        var next = page.Body.Format == "none" ? null : After(position.At, end, page);
        return next is null
            ? position with { Skip = 0, Ended = true }
            : position with { At = next, Page = position.Page + 1, Skip = 0 };
    }

    /// <summary>A cursor or a link that is no Unicode is no end.</summary>
    private string? After(string? at, PageEnd end, Page page)
    {
        try
        {
            return extraction.Pagination.Next(at, end);
        }
        catch (InvalidOperationException e)
        {
            throw ApiErrors.Body(page.Url, page.Body.Format, e);
        }
    }

    /// <summary>What the API listed is what it counts, not what the source's expression left of it: a page of which nothing was picked is not the last one.</summary>
    private long? Listed(Page page) => extraction.Pagination.CountsPages ? page.Body.Listed : null;

    /// <summary>A page of which nothing was picked is known by its body.</summary>
    private void Watch(Page page, PageDigest digest, long records, long number)
    {
        if (records == 0) digest.Add(page.Body.Bytes.Span);
        _guard.Saw(digest.Take(), records > 0 ? records : Listed(page) ?? 0, number);
    }

    private async Task<Page> GetAsync(PagePosition position, CancellationToken limited, CancellationToken ct)
    {
        _guard.Enter(position.At, position.Page);
        try
        {
            var page = await client.GetAsync(extraction.Pagination.Url(_first, position.At), _deadline, limited);
            if (!page.Body.IsLines || !extraction.Pagination.LooksInside) return page;

            // it would pass for the last page, as nothing is found in it
            using (page) throw new SyncFailureException(SyncFailure.Permanent("errors.api.no_envelope", ("format", page.Body.Format), ("type", extraction.Pagination.Type)));
        }
        catch (OperationCanceledException e) when (limited.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw Overdue(e);
        }
    }

    /// <summary>Writes a page's records until the batch is full, the page at its end or so many are written; returns how many. Without a place for them, they are passed over.</summary>
    private async Task<long> FillAsync(Page page, BatchBuilder? to, long most, PageDigest? digest, CancellationToken limited, CancellationToken ct)
    {
        if (most == 0) return 0;
        using var nowhere = to is null ? new BatchBuilder(request) : null;
        var buffer = (to ?? nowhere!).Buffer;
        var written = 0L;
        try
        {
            while (written < most && (to is null || (to.Remaining > 0 && !to.IsFull)) && await page.Body.TryWriteAsync(to ?? nowhere!, limited))
            {
                written++;
                digest?.Add(buffer[buffer.Count - 1]);
                nowhere?.Buffer.Clear();
                if ((written & 0xFFF) == 0) limited.ThrowIfCancellationRequested();
            }

            return written;
        }
        catch (OperationCanceledException e) when (limited.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw Overdue(e);
        }
    }

    /// <summary>A link as a position: absolute, on the source's own origin, and without the credentials it may repeat.</summary>
    private string Follow(Uri page, string link)
    {
        if (!Uri.TryCreate(page, link, out var target) || !UrlQuery.IsSameOrigin(target, connection.BaseUrl) || target.UserInfo.Length > 0)
            throw new SyncFailureException(SyncFailure.Permanent("errors.api.foreign_url", ("host", connection.BaseUrl.IdnHost)));
        var url = connection.Auth.SecretParameter is { } secret ? UrlQuery.Without(target, secret) : target;
        return url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped);
    }

    private static async Task DropAsync(Task<Page> coming)
    {
        try
        {
            (await coming).Dispose();
        }
        catch (Exception e) when (e is OperationCanceledException or SyncFailureException)
        {
            // nobody waits for this page any more
        }
    }

    private static SyncFailureException Overdue(Exception inner) => new(SyncFailure.Permanent("errors.extraction.statement_timeout", ("sqlstate", "")), inner);
}

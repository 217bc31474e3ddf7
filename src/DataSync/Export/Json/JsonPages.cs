using DataSync.Export.Records;
using DataSync.Export.Storage;

namespace DataSync.Export.Json;

/// <summary>
/// Writes page after page. The metadata stands before the records but says how many there are and whether more follow, which a stream cannot
/// know: a page begins as if it were full and not the last, and only the last page is written again, once it is known to be that.
/// </summary>
internal sealed class JsonPages(ExportTarget target) : IExportSession
{
    private readonly PageHead _head = new(target.Run);
    private StagedFile? _page;
    private int _number;
    private int _records;
    private long _bodyStart;

    private int PageSize => target.Run.Plan.Export.PageSize;

    public async ValueTask WriteAsync(RecordView records, CancellationToken ct)
    {
        for (var i = 0; i < records.Count;)
        {
            if (_page is { } full && _records == PageSize) await EndAsync(full, ct);
            var page = _page ??= Begin();
            i = Fill(page, records, i);
            await page.FlushAsync(ct);
        }
    }

    public async Task CompleteAsync(CancellationToken ct)
    {
        var last = _page ?? Begin();
        if (_head.IsShown) last = await RewriteAsync(last, ct);
        await EndAsync(last, ct);
    }

    private StagedFile Begin()
    {
        (_number, _records) = (_number + 1, 0);
        var page = target.Create($"data-{_number:D5}.json");
        _head.Write(page, _number, PageSize, hasMore: true);
        _bodyStart = page.Length;
        return page;
    }

    private int Fill(StagedFile page, RecordView records, int from)
    {
        var end = (int)Math.Min(records.Count, (long)from + PageSize - _records);
        for (; from < end; from++)
        {
            page.Write(_records++ == 0 ? "\n"u8 : ",\n"u8);
            page.Write(records[from]);
        }

        return end;
    }

    private Task EndAsync(StagedFile page, CancellationToken ct)
    {
        page.Write("\n]}\n"u8);
        _page = null;
        return target.PublishAsync(page, _records, ct);
    }

    private async Task<StagedFile> RewriteAsync(StagedFile draft, CancellationToken ct)
    {
        var page = target.Redo(draft);
        _head.Write(page, _number, _records, hasMore: false);
        await foreach (var part in draft.ReadBackAsync(_bodyStart, ct))
        {
            page.Write(part.Span);
            await page.FlushAsync(ct);
        }

        target.Drop(draft);
        return page;
    }
}

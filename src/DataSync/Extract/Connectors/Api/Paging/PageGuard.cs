using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Paging;

/// <summary>Ends a reading that would never end by itself: too many pages, a page that was there before, or the same page over and over.</summary>
internal sealed class PageGuard(Pagination pagination, long mostPages)
{
    /// <summary>Counted pages may be equal by chance (records without ids); a server that ignores the page's number repeats it for ever.</summary>
    private const int EqualPages = 3;

    private readonly HashSet<UInt128> _seen = [];
    private UInt128 _last;
    private int _equal;

    /// <summary>To be asked before a page is read.</summary>
    public void Enter(string? position, long number)
    {
        if (number >= mostPages) throw new SyncFailureException(SyncFailure.Permanent("errors.api.too_many_pages", ("limit", mostPages)));
        if (pagination.NamesPages && !_seen.Add(Digest(Encoding.UTF8.GetBytes(position ?? "")))) throw Repeated(number);
    }

    /// <summary>To be told of a page's body, where it is at hand as a whole.</summary>
    public void Saw(ReadOnlySpan<byte> body, long records, long number)
    {
        if (pagination.NamesPages || records == 0) return;
        var digest = Digest(body);
        _equal = digest == _last ? _equal + 1 : 1;
        _last = digest;
        if (_equal == EqualPages) throw Repeated(number);
    }

    private static SyncFailureException Repeated(long number) => new(SyncFailure.Permanent("errors.api.page_repeated", ("page", number + 1)));

    private static UInt128 Digest(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}

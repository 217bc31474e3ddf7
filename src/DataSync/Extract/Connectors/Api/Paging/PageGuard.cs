using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Paging;

/// <summary>
/// Ends a reading that would never end by itself: too many pages, a name that was there before, or counted pages whose records come round. Counted pages may be equal by chance (records without
/// ids), so one that is proves nothing: the same page has to come three times running, or a stretch of pages that held so many records has to come again in its order. Of pages it holds digests,
/// and of so many alone.
/// </summary>
internal sealed class PageGuard(Pagination pagination, long mostPages)
{
    /// <summary>A circle of at most half as many pages is found for certain; a larger one ends at the limit of pages.</summary>
    public const int PagesHeld = 131_072;

    /// <summary>Pages of a stretch at least.</summary>
    public const int LeastPages = 3;

    /// <summary>Records of one page that comes again and again, and of a stretch of pages, at least.</summary>
    public const int LeastEqual = 6, LeastRecords = 50;

    private readonly Queue<(UInt128 Digest, long Records)> _stretch = [];
    private HashSet<UInt128> _latest = [], _earlier = [];
    private UInt128 _last;
    private long _records, _equal;

    /// <summary>To be asked before a page is read.</summary>
    public void Enter(string? position, long number)
    {
        if (number >= mostPages) throw new SyncFailureException(SyncFailure.Permanent("errors.api.too_many_pages", ("limit", mostPages)));
        if (pagination.NamesPages && !IsNew(Digest(Encoding.UTF8.GetBytes(position ?? "")))) throw Repeated(number);
    }

    /// <summary>To be told what was on a page whose kind has no names.</summary>
    /// <param name="digest">Of its records (<see cref="PageDigest"/>).</param>
    /// <param name="records">How many there were.</param>
    /// <param name="number">The page's.</param>
    public void Saw(UInt128 digest, long records, long number)
    {
        if (records == 0) return;
        _equal = digest == _last ? _equal + 1 : 1;
        _last = digest;
        if (_equal >= LeastPages && _equal * records >= LeastEqual) throw Repeated(number);

        // the shortest stretch up to here that holds enough: where the same pages come again, it is the same again
        _stretch.Enqueue((digest, records));
        _records += records;
        while (_stretch.Count > LeastPages && _records - _stretch.Peek().Records >= LeastRecords) _records -= _stretch.Dequeue().Records;
        if (_stretch.Count >= LeastPages && _records >= LeastRecords && !IsNew(Stretch())) throw Repeated(number);
    }

    private UInt128 Stretch()
    {
        Span<byte> digests = stackalloc byte[16 * _stretch.Count];
        var rest = digests;
        foreach (var (digest, _) in _stretch)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(rest, digest);
            rest = rest[16..];
        }

        return Digest(digests);
    }

    /// <summary>The older half is forgotten where there are too many.</summary>
    private bool IsNew(UInt128 digest)
    {
        if (_latest.Contains(digest) || _earlier.Contains(digest)) return false;
        if (_latest.Count == PagesHeld / 2) (_latest, _earlier) = ([], _latest);
        return _latest.Add(digest);
    }

    private static SyncFailureException Repeated(long number) => new(SyncFailure.Permanent("errors.api.page_repeated", ("page", number + 1)));

    private static UInt128 Digest(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}

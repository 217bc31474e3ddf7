using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace DataSync.Export.Storage;

/// <summary>
/// A file while it is written, under a temporary name: buffered, hashed on the way. The file on disk is made by the first flush, so a
/// small draft that is replaced costs no file. Disposing removes the temporary name.
/// </summary>
internal sealed class StagedFile : IBufferWriter<byte>, IDisposable
{
    private const int FlushAt = 256 * 1024;

    /// <summary>Bytes after which the disk begins to take them, so that the end need not wait for all of a file at once.</summary>
    private const long DiskAt = 32L * 1024 * 1024;

    private readonly IncrementalHash? _hash;
    private readonly bool _stays;
    private SafeFileHandle? _handle;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FlushAt + (16 * 1024));
    private int _buffered;
    private long _stored, _sentToDisk;
    private Task<bool> _disk = Task.FromResult(true);

    /// <summary>A file.</summary>
    /// <param name="temporaryPath">Where it is while it is written.</param>
    /// <param name="name">The name it will have.</param>
    /// <param name="isDraft">Whether it is only read back and never finished, so that nobody asks for its hash.</param>
    /// <param name="stays">Whether it is likely to be what goes out, so that the disk takes it while it is written.</param>
    public StagedFile(string temporaryPath, string name, bool isDraft = false, bool stays = true)
        => (TemporaryPath, Name, _hash, _stays) = (temporaryPath, name, isDraft ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256), stays && !isDraft);

    /// <summary>The name the file will have.</summary>
    public string Name { get; }

    public string TemporaryPath { get; }

    /// <summary>Bytes written, those still buffered included.</summary>
    public long Length => _stored + _buffered;

    /// <summary>A name no export file has; the fence tells whose leftover it is.</summary>
    public static string TemporaryName(string name, long fence, string suffix) => $".{name}.{fence.ToString(CultureInfo.InvariantCulture)}.{suffix}.tmp";

    /// <summary>The fence in a temporary name; null where it is not one.</summary>
    public static long? FenceOf(string fileName)
        => fileName.StartsWith('.') && fileName.EndsWith(".tmp", StringComparison.Ordinal) && fileName.Split('.') is { Length: > 4 } parts
            && long.TryParse(parts[^3], NumberStyles.None, CultureInfo.InvariantCulture, out var fence) ? fence : null;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _buffer.Length - _buffered) Grow(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += bytes.Length;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_buffer.Length - _buffered), nameof(count));
        _buffered += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_buffer.Length - _buffered < Math.Max(sizeHint, 1)) Grow(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_buffered);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>To be called between records: writes the buffer out once it is full enough.</summary>
    public ValueTask FlushAsync(CancellationToken ct) => _buffered < FlushAt ? ValueTask.CompletedTask : StoreAsync(ct);

    /// <summary>Reads what was written, from a position on. Nothing may be written meanwhile.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadBackAsync(long from, [EnumeratorCancellation] CancellationToken ct)
    {
        if (_handle is null)
        {
            yield return _buffer.AsMemory((int)from, (int)(_buffered - from));
            yield break;
        }

        await StoreAsync(ct);
        for (int read; from < _stored; from += read)
        {
            read = await StorageFailures.WrapAsync(() => RandomAccess.ReadAsync(_handle, _buffer, from, ct));
            yield return _buffer.AsMemory(0, (int)Math.Min(read, _stored - from));
        }
    }

    /// <summary>Writes the rest, waits for the disk and closes. Returns the SHA-256 in lower-case hex.</summary>
    /// <exception cref="InvalidOperationException">It is a draft.</exception>
    public async Task<string> FinishAsync(CancellationToken ct)
    {
        var hash = _hash ?? throw new InvalidOperationException("A draft is not finished.");
        await StoreAsync(ct);
        var handle = _handle!;
        await _disk;
        await ToDiskAsync(handle, ct);
        handle.Dispose();
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose()
    {
        if (_buffer.Length == 0) return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _hash?.Dispose();
        if (_handle is null) return;
        _handle.Dispose();
        try
        {
            File.Delete(TemporaryPath);
        }
        catch (Exception exception) when (StorageFailures.Of(exception) is not null)
        {
            // whatever brought us here is the failure to tell of; the next attempt removes the leftover
        }
    }

    private async ValueTask StoreAsync(CancellationToken ct)
    {
        _hash?.AppendData(_buffer, 0, _buffered);
        await StorageFailures.WrapAsync(async () =>
        {
            _handle ??= Open();
            await RandomAccess.WriteAsync(_handle, _buffer.AsMemory(0, _buffered), _stored, ct);
            return true;
        });
        _stored += _buffered;
        _buffered = 0;
        if (!_stays || !_disk.IsCompleted || _stored - _sentToDisk < DiskAt) return;

        // a disk tells of a failure once: it must not go by unheard
        await _disk;
        _sentToDisk = _stored;
        _disk = ToDiskAsync(_handle!, ct);
    }

    /// <summary>
    /// A new file, not one that was emptied: of such a file ext4 writes everything to the disk when it is closed, a draft of hundreds of megabytes too that is deleted next.
    /// </summary>
    private SafeFileHandle Open()
    {
        File.Delete(TemporaryPath);
        return File.OpenHandle(TemporaryPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);
    }

    private static Task<bool> ToDiskAsync(SafeFileHandle handle, CancellationToken ct) => StorageFailures.WrapAsync(async () =>
    {
        await Task.Run(() => RandomAccess.FlushToDisk(handle), ct);
        return true;
    }).AsTask();

    private void Grow(int wanted)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffered + wanted, (int)Math.Min(_buffer.Length * 2L, Array.MaxLength)));
        _buffer.AsSpan(0, _buffered).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

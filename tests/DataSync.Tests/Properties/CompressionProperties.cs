using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Tests.Export;
using FsCheck;
using FsCheck.Fluent;
using ZstdSharp;

namespace DataSync.Tests.Properties;

public class CompressionProperties
{
    // Feature: data-sync-pipeline, Property 33: For any data transfer with compression enabled, the compressed size should be smaller than the original size, and
    // decompressing should produce the original data.
    [FsCheck.Xunit.Property(MaxTest = 200)]
    [Trait("Property", "33")]
    public Property Compressed_files_are_smaller_and_decompress_to_the_very_bytes()
        => Prop.ForAll(
            (from documents in ExportGenerators.Several(ExportGenerators.AnyDocument, 12)
             from repeat in Gen.Frequency((3, Gen.Constant(1)), (1, Gen.Choose(2, 200)))
             from size in Gen.Choose(1, 13)
             from compression in Gen.Elements("gzip", "zstd")
             select (Documents: Enumerable.Repeat(documents, repeat).SelectMany(d => d).ToList(), size, compression)).ToArbitrary(),
            c =>
            {
                var plan = new SyncPlan { OutputFormats = ["json", "jsonl", "csv"], Export = new ExportPlan { PageSize = 100 } };
                using var plain = new ExportRig { Plan = plan };
                using var small = new ExportRig { Plan = plan with { Export = plan.Export with { Compression = c.compression } } };
                plain.RunAsync(c.Documents, batchSize: c.size).GetAwaiter().GetResult();
                small.RunAsync(c.Documents, batchSize: 14 - c.size).GetAwaiter().GetResult();
                var files = JsonElement.Parse(small.Read("manifest.json")).GetProperty("files").EnumerateArray().Where(f => f.GetProperty("format").GetString() != "sha256sums").ToArray();
                Assert.Equal(plain.Names().Where(n => n is not ("manifest.json" or "SHA256SUMS")).Order(StringComparer.Ordinal), files.Select(f => NameBefore(f)).Order(StringComparer.Ordinal));
                foreach (var file in files)
                {
                    var (sent, original) = (Bytes(small, file.GetProperty("name").GetString()!), Bytes(plain, NameBefore(file)));
                    Assert.Equal((sent.LongLength, Convert.ToHexStringLower(SHA256.HashData(sent))), (file.GetProperty("bytes").GetInt64(), file.GetProperty("sha256").GetString()));
                    if (file.GetProperty("compression").GetString() is not { } applied)
                    {
                        Assert.Equal(original, sent);
                        continue;
                    }

                    Assert.Equal(c.compression, applied);
                    Assert.True(sent.Length < original.Length, $"{sent.Length} bytes made of {original.Length}");
                    Assert.Equal(original, Decompressed(sent, applied));
                }

                Assert.Equal(files.Length + 2, small.Names().Length);
            });

    private static string NameBefore(JsonElement file)
    {
        var name = file.GetProperty("name").GetString()!;
        return file.GetProperty("compression").ValueKind == JsonValueKind.Null ? name : Path.GetFileNameWithoutExtension(name);
    }

    private static byte[] Bytes(ExportRig rig, string name) => File.ReadAllBytes(Path.Combine(rig.Folder, name));

    private static byte[] Decompressed(byte[] bytes, string compression)
    {
        using var from = new MemoryStream(bytes);
        using Stream stream = compression == "gzip" ? new GZipStream(from, CompressionMode.Decompress) : new DecompressionStream(from);
        using var into = new MemoryStream();
        stream.CopyTo(into);
        return into.ToArray();
    }
}

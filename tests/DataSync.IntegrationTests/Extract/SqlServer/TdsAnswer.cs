using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>An answer of a SQL Server as its protocol's tokens (MS-TDS 2.2.7), written here from the specification and not by the product.</summary>
internal sealed class TdsAnswer
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public TdsAnswer Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>COLMETADATA of these columns.</summary>
    public TdsAnswer Columns(params ReadOnlySpan<TdsColumn> columns)
    {
        Raw(0x81).Short(columns.Length);
        foreach (var column in columns) Int(column.UserType).Short(9).Raw(column.TypeInfo).Raw((byte)column.Name.Length).Raw(Encoding.Unicode.GetBytes(column.Name));
        return this;
    }

    /// <summary>A ROW of values that are encoded already.</summary>
    public TdsAnswer Row(params ReadOnlySpan<byte[]> values)
    {
        Raw(0xD1);
        foreach (var value in values) Raw(value);
        return this;
    }

    public TdsAnswer Done(long rows = 0, int status = 0x10) => Raw(0xFD).Short(status).Short(0xC1).Raw(BitConverter.GetBytes(rows));

    /// <summary>An ERROR of a number and a class, and the DONE that says so.</summary>
    public TdsAnswer Error(int number, byte severity = 16) => Message(0xAA, number, severity).Done(status: 2);

    public TdsAnswer Message(byte token, int number, byte severity)
    {
        var text = Encoding.Unicode.GetBytes("secret words of the server");
        return Raw(token).Short(4 + 2 + 2 + text.Length + 1 + 1 + 4).Int(number).Raw(1, severity).Short(text.Length / 2).Raw(text).Raw(0, 0).Int(1);
    }

    public TdsAnswer LoginAck(uint version = 0x74000004)
    {
        Raw(0xAD).Short(10).Raw(1);
        var number = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, version);
        return Raw(number).Raw(0, 16, 0, 4, 1);
    }

    /// <summary>ENVCHANGE that names the database's collation, and one that says how large packets are: all but the last of an answer are exactly that.</summary>
    public TdsAnswer Environment()
        => Raw(0xE3).Short(8).Raw(7, 5, 0x09, 0x04, 0xD0, 0x00, 0x34, 0).Raw(0xE3).Short(19).Raw(4, 4).Raw(Encoding.Unicode.GetBytes("4096")).Raw(4).Raw(Encoding.Unicode.GetBytes("4096"));

    /// <summary>ENVCHANGE that sends the client elsewhere.</summary>
    public TdsAnswer Routing(string host, int port, bool enhanced = false)
    {
        var name = Encoding.Unicode.GetBytes(host);
        var value = new TdsAnswer().Raw(0).Short(port).Short(host.Length).Raw(name);
        if (enhanced) value.Short(1).Raw(Encoding.Unicode.GetBytes("d"));
        var bytes = value.ToArray();
        return Raw(0xE3).Short(1 + 2 + bytes.Length + 2).Raw(enhanced ? (byte)21 : (byte)20).Short(bytes.Length).Raw(bytes).Short(0);
    }

    /// <summary>ENVCHANGE that names a mirror.</summary>
    public TdsAnswer Mirror(string host) => Raw(0xE3).Short(1 + 1 + host.Length * 2 + 1).Raw(13, (byte)host.Length).Raw(Encoding.Unicode.GetBytes(host)).Raw(0);

    public TdsAnswer Short(int value) => Raw((byte)value, (byte)(value >> 8));

    public TdsAnswer Int(int value) => Raw(BitConverter.GetBytes(value));

    /// <summary>The bytes as one or more packets.</summary>
    public static byte[] Packets(byte type, ReadOnlySpan<byte> content, bool last = true, int size = 4088)
    {
        var packets = new MemoryStream();
        do
        {
            var part = content[..Math.Min(size, content.Length)];
            content = content[part.Length..];
            packets.Write([type, (byte)(last && content.IsEmpty ? 1 : 0), (byte)((part.Length + 8) >> 8), (byte)(part.Length + 8), 0, 0, 1, 0]);
            packets.Write(part);
        }
        while (!content.IsEmpty);

        return packets.ToArray();
    }
}

/// <summary>A column: its name, TYPE_INFO and user type.</summary>
internal sealed record TdsColumn(string Name, byte[] TypeInfo, int UserType = 0)
{
    private static readonly byte[] Collation = [0x09, 0x04, 0xD0, 0x00, 0x34]; // SQL_Latin1_General_CP1_CI_AS

    public static TdsColumn Int(string name) => new(name, [0x26, 4]);

    public static TdsColumn TinyInt(string name) => new(name, [0x26, 1]);

    public static TdsColumn BigInt(string name) => new(name, [0x26, 8]);

    public static TdsColumn SmallInt(string name) => new(name, [0x26, 2]);

    public static TdsColumn Bit(string name) => new(name, [0x68, 1]);

    public static TdsColumn NVarChar(string name, int bytes = 8000) => new(name, [0xE7, (byte)bytes, (byte)(bytes >> 8), .. Collation]);

    public static TdsColumn NVarCharMax(string name) => NVarChar(name, 0xFFFF);

    public static byte[] TextInfo(byte type, int length, params byte[] collation) => [type, (byte)length, (byte)(length >> 8), .. collation.Length == 0 ? Collation : collation];
}

/// <summary>Values as TDS has them.</summary>
internal static class TdsValue
{
    public static byte[] Null => [0];

    public static byte[] Byte(byte value) => [1, value];

    public static byte[] Short(short value) => [2, .. BitConverter.GetBytes(value)];

    public static byte[] Int(int value) => [4, .. BitConverter.GetBytes(value)];

    public static byte[] Long(long value) => [8, .. BitConverter.GetBytes(value)];

    public static byte[] Text(string value) => Bytes(Encoding.Unicode.GetBytes(value));

    /// <summary>With a length of two bytes.</summary>
    public static byte[] Bytes(params byte[] value) => [(byte)value.Length, (byte)(value.Length >> 8), .. value];

    /// <summary>In parts, of a length that is told.</summary>
    public static byte[] Plp(byte[] value, int part = 5000)
    {
        var bytes = new MemoryStream();
        bytes.Write(BitConverter.GetBytes((long)value.Length));
        for (var at = 0; at < value.Length; at += part)
        {
            bytes.Write(BitConverter.GetBytes(Math.Min(part, value.Length - at)));
            bytes.Write(value, at, Math.Min(part, value.Length - at));
        }

        bytes.Write(BitConverter.GetBytes(0));
        return bytes.ToArray();
    }
}

using System.Buffers.Binary;
using System.Text;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>Who asks to be let in, and to which database: what a LOGIN7 says of it.</summary>
internal sealed record TdsLogin(string Username, string Password, string Database)
{
    private const int UsernameAt = 40, PasswordAt = 44, DatabaseAt = 68;

    /// <summary>Reads what the client sent.</summary>
    /// <param name="login">The message, without its packets' headers.</param>
    public static TdsLogin Read(ReadOnlySpan<byte> login)
    {
        var password = Bytes(login, PasswordAt).ToArray();
        for (var i = 0; i < password.Length; i++)
        {
            // it travels with its half bytes turned round, so that nobody reads it in passing
            var turned = (byte)(password[i] ^ 0xA5);
            password[i] = (byte)((turned << 4) | (turned >> 4));
        }

        return new TdsLogin(Encoding.Unicode.GetString(Bytes(login, UsernameAt)), Encoding.Unicode.GetString(password), Encoding.Unicode.GetString(Bytes(login, DatabaseAt)));
    }

    /// <summary>A text: where it begins and how many characters it has.</summary>
    private static ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> login, int at)
        => login.Slice(BinaryPrimitives.ReadUInt16LittleEndian(login[at..]), 2 * BinaryPrimitives.ReadUInt16LittleEndian(login[(at + 2)..]));
}

using System.Runtime.InteropServices;

namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>A handle of the driver manager. It holds its parent, so that none is freed before its children, whoever frees them.</summary>
internal abstract class OdbcHandle : SafeHandle
{
    private readonly short _type;
    private readonly OdbcHandle? _parent;

    protected OdbcHandle(short type, OdbcHandle? parent)
        : base(0, ownsHandle: true)
    {
        _type = type;
        var held = false;
        parent?.DangerousAddRef(ref held);
        _parent = parent;
        try
        {
            Diagnostics.Check(OdbcLibrary.SQLAllocHandle(type, parent?.DangerousGetHandle() ?? 0, out var made), parent);
            SetHandle(made);
        }
        catch
        {
            parent?.DangerousRelease();
            throw;
        }
    }

    /// <summary>The kind of handle, as the diagnostics functions want it.</summary>
    public short Type => _type;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        if (_type == OdbcCode.HandleConnection) OdbcLibrary.SQLDisconnect(handle);
        var freed = OdbcLibrary.SQLFreeHandle(_type, handle);
        _parent?.DangerousRelease();
        return freed == OdbcCode.Success;
    }
}

/// <summary>The environment; one a session.</summary>
internal sealed class EnvironmentHandle() : OdbcHandle(OdbcCode.HandleEnvironment, null);

/// <summary>A connection; freeing it ends the session.</summary>
internal sealed class ConnectionHandle(EnvironmentHandle parent) : OdbcHandle(OdbcCode.HandleConnection, parent);

/// <summary>A statement.</summary>
internal sealed class StatementHandle(ConnectionHandle parent) : OdbcHandle(OdbcCode.HandleStatement, parent);

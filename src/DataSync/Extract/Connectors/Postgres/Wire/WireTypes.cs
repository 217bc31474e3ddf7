using System.Collections.Frozen;

namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>The built-in types whose binary form is read as it is; every other type is resolved from the catalog or cast to text.</summary>
internal static class WireTypes
{
    public const uint Money = 790, MoneyArray = 791;

    public static readonly WireFormat Text = new TextFormat();

    /// <summary>Formats by type OID. These OIDs are fixed: they are part of PostgreSQL's wire protocol.</summary>
    public static readonly FrozenDictionary<uint, WireFormat> BuiltIn = Make();

    private static FrozenDictionary<uint, WireFormat> Make()
    {
        var integer = new IntegerFormat();
        var floating = new FloatFormat();
        (uint Oid, uint ArrayOid, WireFormat Format)[] scalars =
        [
            (16, 1000, new BooleanFormat()), (17, 1001, new ByteaFormat()),
            (20, 1016, integer), (21, 1005, integer), (23, 1007, integer),
            (700, 1021, floating), (701, 1022, floating), (1700, 1231, new NumericFormat()),
            (25, 1009, Text), (1043, 1015, Text), (1042, 1014, Text), (19, 1003, Text), (705, 0, Text),
            (2950, 2951, new UuidFormat()),
            (114, 199, new JsonFormat()), (3802, 3807, new JsonbFormat()),
            (1082, 1182, new DateFormat()),
            (1114, 1115, new TimestampFormat(withZone: false)), (1184, 1185, new TimestampFormat(withZone: true)),
            (1083, 1183, new TimeFormat(withZone: false)), (1266, 1270, new TimeFormat(withZone: true)),
            (1186, 1187, new IntervalFormat()),
        ];
        return scalars.Select(s => (s.Oid, s.Format))
            .Concat(scalars.Where(s => s.ArrayOid != 0).Select(s => (Oid: s.ArrayOid, Format: (WireFormat)new ArrayFormat(s.Format))))
            .ToFrozenDictionary(s => s.Oid, s => s.Format);
    }
}

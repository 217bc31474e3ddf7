namespace DataSync.Export.Coco.Shapes;

/// <summary>A line along which an image cuts off what is beyond it.</summary>
/// <param name="Axis">0 for a line of one x, 1 for one of one y.</param>
/// <param name="Bound">That x or y, in pixels.</param>
/// <param name="KeepsAbove">True where what is greater is kept.</param>
internal readonly record struct ImageEdge(int Axis, double Bound, bool KeepsAbove)
{
    /// <summary>
    /// The parts of a polygon on the side that is kept. The polygon's inside meets the line between its first and second crossing, its third and fourth, and so on: there
    /// the parts are closed. One that crosses itself may fit no such order, and is closed by the way it came.
    /// </summary>
    public IEnumerable<double[]> Cut(double[] points)
    {
        var chains = Chains(points);
        if (chains.Count == 0) return Keeps(points[Axis]) ? [points] : [];
        var other = 1 - Axis;
        var ends = chains.SelectMany((c, i) => ((double At, int Chain, bool IsEnd)[])[(c[other], i, false), (c[c.Count - 2 + other], i, true)]).OrderBy(e => e.At).ToArray();
        var next = new int[chains.Count];
        for (var i = 0; i < ends.Length; i += 2)
        {
            if (ends[i].IsEnd == ends[i + 1].IsEnd) return [[.. chains.SelectMany(c => c)]];
            var (end, start) = ends[i].IsEnd ? (ends[i], ends[i + 1]) : (ends[i + 1], ends[i]);
            next[end.Chain] = start.Chain;
        }

        return Joined(chains, next);
    }

    private static List<double[]> Joined(List<List<double>> chains, int[] next)
    {
        var (parts, taken) = (new List<double[]>(), new bool[chains.Count]);
        for (var first = 0; first < chains.Count; first++)
        {
            List<double> part = [];
            for (var i = first; !taken[i]; i = next[i])
            {
                taken[i] = true;
                part.AddRange(chains[i]);
            }

            if (part.Count > 0) parts.Add([.. part]);
        }

        return parts;
    }

    /// <summary>The stretches of the outline on the side that is kept, each from where it crosses the line to where it does again; none where it does not cross it.</summary>
    private List<List<double>> Chains(double[] points)
    {
        List<List<double>> chains = [];
        List<double>? open = null, opening = null;
        for (var i = 0; i < points.Length; i += 2)
        {
            var before = i == 0 ? points.Length - 2 : i - 2;
            var (isIn, wasIn) = (Keeps(points[i + Axis]), Keeps(points[before + Axis]));
            if (isIn != wasIn)
            {
                var crossing = Crossing(points, before, i);
                if (isIn) chains.Add(open = [.. crossing]);
                else if (open is null) opening = [.. opening ?? [], .. crossing]; // the outline began on this side
                else open.AddRange(crossing);
                if (!isIn) open = null;
            }

            if (!isIn) continue;
            if (open is not null) open.AddRange([points[i], points[i + 1]]);
            else opening = [.. opening ?? [], points[i], points[i + 1]];
        }

        if (chains.Count == 0) return [];
        if (opening is not null) chains[^1].AddRange(opening);
        return chains;
    }

    private bool Keeps(double at) => KeepsAbove ? at >= Bound : at <= Bound;

    private double[] Crossing(double[] points, int from, int to)
    {
        var part = (Bound - points[from + Axis]) / (points[to + Axis] - points[from + Axis]);
        var other = points[from + 1 - Axis] + (part * (points[to + 1 - Axis] - points[from + 1 - Axis]));
        return Axis == 0 ? [Bound, other] : [other, Bound];
    }
}

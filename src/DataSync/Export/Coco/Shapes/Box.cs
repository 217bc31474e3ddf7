namespace DataSync.Export.Coco.Shapes;

/// <summary>A box along the image's axes, in pixels from its top left corner.</summary>
internal readonly record struct Box(double X, double Y, double Width, double Height)
{
    public double Area => Width * Height;

    /// <summary>The part of it that lies in an image.</summary>
    public Box Within(ImageSize image)
    {
        var (left, top) = (Math.Clamp(X, 0, image.Width), Math.Clamp(Y, 0, image.Height));
        return new Box(left, top, Math.Clamp(X + Width, 0, image.Width) - left, Math.Clamp(Y + Height, 0, image.Height) - top);
    }

    /// <summary>Its corners as x and y in turn, clockwise from the top left.</summary>
    public double[] Corners() => [X, Y, X + Width, Y, X + Width, Y + Height, X, Y + Height];
}

/// <summary>An image's pixels across and down.</summary>
internal readonly record struct ImageSize(int Width, int Height)
{
    /// <summary>False where the record does not say.</summary>
    public bool IsKnown => Width > 0 && Height > 0;

    /// <summary>Whether another size is that of this image on its side, whatever its scale: their sides are to each other as these are, the other way round, to a pixel's rounding.</summary>
    public bool IsTurned(ImageSize other)
        => IsKnown && other.IsKnown && Math.Sign(Width - Height) * Math.Sign(other.Width - other.Height) < 0
            && Math.Abs(((long)Width * other.Width) - ((long)Height * other.Height)) <= Math.Max(other.Width, other.Height);
}

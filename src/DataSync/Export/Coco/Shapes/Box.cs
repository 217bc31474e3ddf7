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
}

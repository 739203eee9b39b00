namespace KubeVirtClone.Engine.Model.Results;

/// <summary>How far one disk is on its way into another namespace.</summary>
/// <param name="Namespace">Namespace it goes to.</param>
/// <param name="DataVolume">Its data volume there.</param>
/// <param name="Phase">CDI's phase, such as <c>CloneInProgress</c>; empty when it has said nothing yet.</param>
/// <param name="Strategy">How CDI makes it: <c>snapshot</c> and <c>csi-clone</c> move no bytes, <c>copy</c> copies all; empty while undecided.</param>
/// <param name="Percent">Share that is copied, 0 to 100; null where CDI tells none, which it does only for copies.</param>
public sealed record TransferProgress(string Namespace, string DataVolume, string Phase, string Strategy, double? Percent)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        var how = Strategy.Length == 0 ? "" : $", by {Strategy}";
        var far = Percent is { } percent ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $", {percent:0} %") : "";
        return $"{Namespace}/{DataVolume}: {(Phase.Length == 0 ? "waiting for CDI" : Phase)}{how}{far}";
    }
}

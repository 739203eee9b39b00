namespace KubeVirtClone;

/// <summary>How much a finding of Test-VMClone matters.</summary>
public enum VMCloneFindingSeverity
{
    /// <summary>The clone would be refused, would never finish, or would not be a clone.</summary>
    Error,

    /// <summary>The clone would be made, but probably not as it was meant, or only when something else happens first.</summary>
    Warning,

    /// <summary>Good to know; nothing is wrong.</summary>
    Information,

    /// <summary>Something could not be looked at, so nothing is known about it.</summary>
    NotChecked,
}

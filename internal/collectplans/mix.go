package collectplans

// mix says which kinds of trouble are in the plans.
var mix = struct {
	badValues, longSilence, circles, shapes, hostileIDs, oddItems bool
}{longSilence: true, oddItems: true, badValues: true, hostileIDs: true}

import {beginCurve} from "../curve.js";

export const begin = (context) => beginCurve(context, "roc", "area below the curve");
